// Rows to openclaw.json. The input is a text of lines "name=value" (see rows_from), an empty line, and the personality.
// What is rendered is JSON that OpenClaw knows, and a provider's key stands in one place of it and nowhere else.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent_config/change_effect.hpp"
#include "agent_config/rendered_config.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

using Json = nlohmann::json;

// Every key ends with this, so that a key can be told from a text that happens to be equal.
constexpr std::string_view mark = "-9fQ2planted";

struct Rows {
  AgentConfigSource source;
  std::map<std::string, std::string> keys;
  RenderSettings settings;
};

void add_to_provider(Rows& rows, std::string_view name, std::string_view value) {
  if (rows.source.providers.empty()) return;
  auto& provider = rows.source.providers.back();
  if (name == "type") provider.type = value;
  if (name == "url") provider.base_url = value;
  if (name == "api") provider.api_type = value;
  if (name == "models") provider.models_json = value;
  if (name == "key") rows.keys[provider.id] = std::string(value) + std::string(mark);
  if (name == "plain-key") rows.keys[provider.id] = value;
  if (name == "lost-key") provider.api_key = "enc:" + std::string(value);
}

// "provider=NAME" begins a provider; those that follow are of it.
Rows rows_from(std::string_view input) {
  constexpr std::size_t most_providers = 40;
  Rows rows;
  rows.source.key = ResourceKey(ResourceKind::user_container, "c1");
  rows.source.owner = "alice";
  while (!input.empty()) {
    const auto line = take_line(input);
    if (line.empty()) break;
    const auto equals = std::min(line.find('='), line.size());
    const auto name = line.substr(0, equals);
    const auto value = line.substr(std::min(equals + 1, line.size()));
    if (name == "provider" && rows.source.providers.size() < most_providers) {
      ProviderRow provider;
      provider.id = "p" + std::to_string(rows.source.providers.size());
      provider.name = value;
      rows.source.providers.push_back(std::move(provider));
    }
    if (name == "primary") rows.source.primary_model = value;
    if (name == "fallback") rows.source.fallback_models.emplace_back(value);
    if (name == "default") rows.source.provider_id = value;
    if (name == "role") rows.source.role = value;
    if (name == "owner") rows.source.owner = value;
    if (name == "tools") rows.settings.tool_profile = value;
    add_to_provider(rows, name, value);
  }
  rows.source.personality = input;
  return rows;
}

// What OpenClaw makes of a text of its configuration: "$${NAME}" stands for "${NAME}", and a bare "${NAME}" for a variable.
bool has_bare_reference(std::string_view text) {
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) return false;
    const auto name = text.substr(at + 2, end - at - 2);
    const bool variable =
        !name.empty() && (name[0] < '0' || name[0] > '9') &&
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
    if (variable && (at == 0 || text[at - 1] != '$')) return true;
  }
  return false;
}

bool has_mark(std::string_view text) { return text.find(mark) != std::string_view::npos; }

void check_texts(const Json& value, const std::string& where) {
  if (value.is_string()) {
    require(!has_bare_reference(value.get<std::string>()), "no text is replaced by a variable");
    require(!has_mark(value.get<std::string>()) || where.ends_with("/apiKey"),
            "a key stands in its own field only");
  }
  if (!value.is_structured()) return;
  for (const auto& [name, inner] : value.items()) {
    require(value.is_array() || !has_mark(name), "a key is no name of a field");
    check_texts(inner, where + "/" + name);
  }
}

void check_known_fields(const Json& document) {
  const std::vector<std::string> known{"gateway",   "agents",  "models",    "tools",
                                       "plugins",   "session", "discovery", "update",
                                       "telemetry", "browser", "logging"};
  for (const auto& [name, value] : document.items())
    require(std::find(known.begin(), known.end(), name) != known.end(),
            "OpenClaw knows every field");
  require(document["gateway"]["auth"] == Json{{"mode", "token"}}, "the gateway asks for its token");
  require(document["models"]["mode"] == "replace", "rows win over what an agent remembers");
}

// The model that is named first is one of a provider that is there.
void check_primary(const Json& document) {
  const auto primary = document["agents"]["defaults"]["model"]["primary"].get<std::string>();
  const auto slash = primary.find('/');
  const auto provider = document["models"]["providers"].find(primary.substr(0, slash));
  require(slash != std::string::npos && provider != document["models"]["providers"].end(),
          "the primary model has a provider");
  const auto& models = (*provider)["models"];
  require(std::any_of(models.begin(), models.end(),
                      [&](const Json& model) { return model["id"] == primary.substr(slash + 1); }),
          "a provider lists the primary model");
}

void check_providers(const Json& document, const Rows& rows) {
  std::vector<std::string> planted;
  for (const auto& [id, key] : rows.keys) planted.push_back(key);
  for (const auto& [name, provider] : document["models"]["providers"].items()) {
    require(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos,
            "a provider's name is plain");
    require(provider["baseUrl"].get<std::string>().starts_with("http"),
            "a provider has an address");
    require(!provider["models"].empty(), "a provider has models");
    const auto key = provider["apiKey"].get<std::string>();
    require(!has_mark(key) || key.find('$') != std::string::npos ||
                std::find(planted.begin(), planted.end(), key) != planted.end(),
            "a key is written as it is");
  }
}

void check_archive(const RenderedConfig& config) {
  const auto archive = to_tar(config);
  require(archive.size() % 512 == 0 && archive.size() > 1024, "an archive is of whole blocks");
  require(archive.compare(512, config.openclaw_json.size(), config.openclaw_json) == 0,
          "the archive begins with the configuration");
  require(archive.find(config.soul_md) != std::string::npos, "the personality is in the archive");
  require(change_effect(config, config) == ChangeEffect::none, "what is the same needs nothing");
}

}  // namespace

void try_input(std::string_view input) {
  if (has_mark(input)) return;  // an input that guessed the mark proves nothing
  const Rows rows = rows_from(input);
  const auto config = render_agent_config(rows.source, rows.keys, rows.settings);
  auto told = config.warnings;
  told.insert(told.end(), {config.problem.value_or("-"), config.soul_md, config.agents_md,
                           config.identity_md, config.primary_model});
  for (const auto& text : told) require(!has_mark(text), "a key is told to nobody");
  require(config.problem.has_value() == config.openclaw_json.empty(),
          "there is a configuration or a problem");
  if (config.problem) return;
  const auto document = Json::parse(config.openclaw_json, nullptr, false);
  require(document.is_object(), "the configuration is a JSON object");
  check_known_fields(document);
  check_texts(document, "");
  check_providers(document, rows);
  // A replacement character stands for what is no text, and makes names that differ alike.
  if (is_utf8(input)) check_primary(document);
  check_archive(config);
  const auto again = render_agent_config(rows.source, rows.keys, rows.settings);
  require(again.openclaw_json == config.openclaw_json, "the same rows give the same bytes");
}

}  // namespace mosaic::test
