#include "test/agent_config/config_cases.hpp"

#include <utility>

namespace mosaic::test {
namespace {

const std::string glm =
    R"([{"id":"glm-5","name":"GLM-5","contextWindow":200000,"maxTokens":8192}])";

ConfigCase single(const std::string& type) {
  ConfigCase row{"type_" + type, user_source(), {}, {}};
  auto only = provider(type, type, glm);
  if (type == "ollama" || type == "custom") only.base_url = "http://192.0.2.7:11434";
  row.source.providers = {only};
  if (type != "ollama") row.keys[only.id] = "sk-test-" + type;
  return row;
}

ConfigCase several_providers() {
  ConfigCase row{"several_providers", user_source(), {}, {}};
  auto local = provider("Home Lab", "ollama", R"([{"id":"cogito:14b","name":"Cogito"}])");
  local.base_url = "http://192.0.2.9:11434/";
  row.source.providers = {provider("claude", "anthropic", R"([{"id":"claude-opus-4-5"}])"), local,
                          provider("my-zai", "zai", glm), provider("work", "openai")};
  row.keys = {{"id-claude", "sk-ant-1"}, {"id-my-zai", "abc.def"}, {"id-work", "sk-2"}};
  row.source.provider_id = "id-my-zai";
  row.source.primary_model = "anthropic/claude-opus-4-5";
  row.source.fallback_models = {"glm-5", "Home Lab/cogito:14b", "work/gpt-5.2", "my-zai/glm-5"};
  return row;
}

ConfigCase odd_characters() {
  ConfigCase row{"odd_characters", user_source(), {}, {}};
  auto odd = provider(
      "Ünï/çøde ${HOME} \"q\" \\", "custom",
      R"([{"id":"meta-llama/llama-3:70b","name":"Name with \"quotes\", \\ and ${HOME} 🦊"}])");
  odd.id = "odd";
  odd.base_url = "http://192.0.2.8:8000/v1/${HOME}";
  row.source.providers = {odd};
  row.keys = {{"odd", "key-${HOME}-$${PATH}-\"quoted\"-\\-$HOME-${lower}-$"}};
  row.source.primary_model = "meta-llama/llama-3:70b";
  row.source.personality = "Speak of ${HOME} and \"quotes\" — näïvely.";
  return row;
}

ConfigCase reserved_names() {
  ConfigCase row{"reserved_names", user_source(), {}, {}};
  for (const std::string name :
       {"__proto__", "constructor", "google", "codex", "claude-cli", "github-copilot", "ollama"}) {
    auto custom = provider(name, "custom", R"([{"id":"m"}])");
    custom.base_url = "http://192.0.2.8:8000/v1";
    row.source.providers.push_back(custom);
    row.keys[custom.id] = "k-" + name;
  }
  row.source.primary_model = "google/m";
  return row;
}

ConfigCase api_types() {
  ConfigCase row{"api_types", user_source(), {}, {}};
  for (const std::string api : {"openai-completions", "openai-responses", "anthropic-messages",
                                "google-generative-ai", "azure-openai-responses"}) {
    auto custom = provider("by-" + api, "custom", R"([{"id":"m"}])");
    custom.base_url = "https://models.example/v1";
    custom.api_type = api;
    row.source.providers.push_back(custom);
    row.keys[custom.id] = "k";
  }
  return row;
}

ConfigCase system_agent(const std::string& role, const std::string& profile) {
  ConfigCase row{"system_" + role, single("zai").source, {{"id-zai", "k.z"}}, {}};
  row.source.key = ResourceKey(ResourceKind::system_container, "s1");
  row.source.role = role;
  row.source.primary_model = "zai/glm-5";
  row.settings.tool_profile = profile;
  return row;
}

}  // namespace

AgentConfigSource user_source() {
  AgentConfigSource source;
  source.key = ResourceKey(ResourceKind::user_container, "c1");
  source.owner = "alice";
  return source;
}

ProviderRow provider(const std::string& name, const std::string& type,
                     const std::string& models_json) {
  ProviderRow row;
  row.id = "id-" + name;
  row.owner = "alice";
  row.name = name;
  row.display_name = name;
  row.type = type;
  row.api_type = "openai-completions";
  row.models_json = models_json;
  return row;
}

std::vector<ConfigCase> accepted_cases() {
  std::vector<ConfigCase> cases;
  for (const std::string type : {"zai", "openai", "anthropic", "ollama", "custom"})
    cases.push_back(single(type));
  cases.push_back(several_providers());
  cases.push_back(odd_characters());
  cases.push_back(reserved_names());
  cases.push_back(api_types());
  cases.push_back(system_agent("operations", "coding"));
  cases.push_back(system_agent("scheduler", "messaging"));
  cases.push_back(system_agent("orchestrator", "full"));
  return cases;
}

}  // namespace mosaic::test
