#include "agent_config/provider_entry.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "agent_config/literal_text.hpp"

namespace mosaic {
namespace {

// What OpenClaw's client does with nothing but a base URL and a key; its other adapters need
// plugins or sign-ins.
constexpr std::array<std::string_view, 5> supported_apis{
    "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai",
    "azure-openai-responses"};
constexpr std::size_t max_models = 500;
constexpr std::int64_t max_token_count = 1'000'000'000;

struct ProviderType {
  std::string_view name;
  std::string_view base_url;  // empty: the row must have one
  std::string_view api;
  bool needs_key;
};

constexpr std::array<ProviderType, 5> provider_types{{
    {"zai", "https://api.z.ai/api/coding/paas/v4", "openai-completions", true},
    {"openai", "https://api.openai.com/v1", "openai-completions", true},
    {"anthropic", "https://api.anthropic.com", "anthropic-messages", true},
    {"ollama", "", "openai-completions", false},
    {"custom", "", "openai-completions", false},
}};

// Local servers ask for no key, but OpenClaw wants one.
constexpr std::string_view placeholder_key = "no-key-needed";

const ProviderType* find_type(std::string_view name) {
  const auto* found = std::find_if(provider_types.begin(), provider_types.end(),
                                   [&](const ProviderType& type) { return type.name == name; });
  return found == provider_types.end() ? nullptr : found;
}

std::string sanitised(std::string_view name) {
  std::string key;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (kept) {
      key.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!key.empty() && key.back() != '-') {
      key.push_back('-');
    }
    if (key.size() == 48) break;
  }
  while (!key.empty() && key.back() == '-') key.pop_back();
  // JavaScript's own words are no keys for OpenClaw, and it rewrites the model ids of a provider
  // called openrouter.
  if (key.empty()) return "provider";
  const bool reserved = key == "constructor" || key == "prototype" || key == "openrouter";
  return reserved ? key + "-provider" : key;
}

std::string unique_key(std::string_view name, std::set<std::string>& taken) {
  const auto base = sanitised(name);
  auto key = base;
  for (int number = 2; !taken.insert(key).second; ++number)
    key = base + "-" + std::to_string(number);
  return key;
}

bool valid_base_url(std::string_view url) {
  const bool http = url.starts_with("http://") && url.size() > 7;
  const bool https = url.starts_with("https://") && url.size() > 8;
  return (http || https) && url.size() <= 2048 &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void set_base_url(const ProviderRow& row, const ProviderType& type, ProviderEntry& entry) {
  std::string url = row.base_url.empty() ? std::string(type.base_url) : row.base_url;
  if (url.empty()) {
    entry.problem = "Give the provider " + in_quotes(row.name) + " its base URL in the settings.";
    return;
  }
  if (!valid_base_url(url)) {
    entry.problem =
        "Correct the base URL of the provider " + in_quotes(row.name) +
        " in the settings: it must begin with http:// or https:// and contain no blanks.";
    return;
  }
  while (url.ends_with('/')) url.pop_back();
  if (type.name == "ollama" && !url.ends_with("/v1")) url += "/v1";
  // Anthropic's client appends it by itself.
  if (entry.api == "anthropic-messages" && url.ends_with("/v1")) url.resize(url.size() - 3);
  entry.base_url = url;
}

void set_api(const ProviderRow& row, const ProviderType& type, ProviderEntry& entry) {
  // The column's default says openai-completions on every row, whatever its type speaks.
  const bool unset =
      row.api_type.empty() || row.api_type == "openai-completions" || row.type == "ollama";
  entry.api = unset ? std::string(type.api) : row.api_type;
  if (std::find(supported_apis.begin(), supported_apis.end(), entry.api) != supported_apis.end())
    return;
  std::string known;
  for (const auto api : supported_apis) known += (known.empty() ? "" : ", ") + std::string(api);
  entry.problem = "Change the API type of the provider " + in_quotes(row.name) +
                  " in the settings: " + in_quotes(row.api_type) + " is not one of " + known + ".";
}

void set_key(const ProviderRow& row, const ProviderType& type,
             const std::map<std::string, std::string>& provider_keys, ProviderEntry& entry) {
  const auto found = provider_keys.find(row.id);
  if (found == provider_keys.end() || found->second.empty()) {
    if (!row.api_key.empty() && found == provider_keys.end()) {
      entry.problem = "Enter the API key of the provider " + in_quotes(row.name) +
                      " again in the settings: the stored one cannot be decrypted.";
    } else if (type.needs_key) {
      entry.problem = "Add an API key to the provider " + in_quotes(row.name) + " in the settings.";
    }
    entry.api_key = placeholder_key;
    return;
  }
  if (const auto reason = why_not_literal_key(found->second)) {
    entry.problem = "Enter the API key of the provider " + in_quotes(row.name) +
                    " again in the settings: it " + *reason + ".";
    return;
  }
  entry.api_key = found->second;
}

std::optional<std::int64_t> token_count(const nlohmann::json& model, const char* name,
                                        bool& malformed) {
  const auto found = model.find(name);
  if (found == model.end() || found->is_null()) return std::nullopt;
  if (!found->is_number_integer() || *found <= 0 || *found > max_token_count) {
    malformed = true;
    return std::nullopt;
  }
  return found->get<std::int64_t>();
}

std::optional<ModelEntry> parse_model(const nlohmann::json& value) {
  if (!value.is_object()) return std::nullopt;
  const auto id = value.find("id");
  if (id == value.end() || !id->is_string() || id->get_ref<const std::string&>().empty())
    return std::nullopt;
  ModelEntry model;
  model.id = id->get<std::string>();
  model.name = model.id;
  if (const auto name = value.find("name"); name != value.end() && !name->is_null()) {
    if (!name->is_string()) return std::nullopt;
    if (!name->get_ref<const std::string&>().empty()) model.name = name->get<std::string>();
  }
  bool malformed = false;
  model.context_window = token_count(value, "contextWindow", malformed);
  model.max_tokens = token_count(value, "maxTokens", malformed);
  if (malformed) return std::nullopt;
  return model;
}

void set_models(const ProviderRow& row, ProviderEntry& entry) {
  if (row.models_json.empty()) return;
  const auto refuse = [&](const std::string& what) {
    entry.problem = "Correct the models of the provider " + in_quotes(row.name) +
                    " in the settings: " + what + ".";
  };
  const auto values = nlohmann::json::parse(row.models_json, nullptr, false);
  if (!values.is_array())
    return refuse("they must be a list of {id, name, contextWindow, maxTokens}");
  if (values.size() > max_models)
    return refuse("there are more than " + std::to_string(max_models));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto model = parse_model(values[i]);
    if (!model) {
      return refuse(
          "entry " + std::to_string(i + 1) +
          " needs an id, and whole numbers above 0 where it has contextWindow or maxTokens");
    }
    if (seen.insert(model->id).second) entry.models.push_back(std::move(*model));
  }
}

ProviderEntry make_entry(const ProviderRow& row,
                         const std::map<std::string, std::string>& provider_keys,
                         std::set<std::string>& taken) {
  ProviderEntry entry;
  entry.row_id = row.id;
  entry.name = row.name;
  entry.type = row.type;
  entry.key = unique_key(row.name, taken);
  const auto* type = find_type(row.type);
  if (type == nullptr) {
    entry.problem_field = "type";
    entry.problem = "Change the type of the provider " + in_quotes(row.name) +
                    " in the settings: " + in_quotes(row.type) +
                    " is not one of zai, openai, anthropic, ollama, custom.";
    return entry;
  }
  const auto check = [&entry](const char* field, const auto& step) {
    if (entry.problem) return;
    step();
    if (entry.problem) entry.problem_field = field;
  };
  check("apiType", [&] { set_api(row, *type, entry); });
  check("baseUrl", [&] { set_base_url(row, *type, entry); });
  check("apiKey", [&] { set_key(row, *type, provider_keys, entry); });
  check("models", [&] { set_models(row, entry); });
  return entry;
}

}  // namespace

std::vector<ProviderEntry> make_provider_entries(
    const std::vector<ProviderRow>& rows, const std::map<std::string, std::string>& provider_keys) {
  std::vector<ProviderEntry> entries;
  std::set<std::string> taken;
  entries.reserve(rows.size());
  for (const auto& row : rows) entries.push_back(make_entry(row, provider_keys, taken));
  return entries;
}

}  // namespace mosaic
