#include "api/provider_input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_models = 500;

bool plain_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// Beyond what can be rendered: a URL is shown in settings and logs of others, so no secret may hide in it.
std::optional<std::string> complaint_about_url(const std::string& url) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return "must begin with https:// or http://";
  const auto authority = url.substr(url.find("//") + 2);
  if (authority.substr(0, authority.find('/')).find('@') != std::string::npos)
    return "must not contain a user name or password; give the key as apiKey";
  if (url.find_first_of("?#\\") != std::string::npos) return "must have no query and no fragment";
  return std::nullopt;
}

std::optional<std::int64_t> token_count(const Json& model, const std::string& name,
                                        const std::string& path, JsonBody& body) {
  const auto found = model.find(name);
  if (found == model.end() || found->is_null()) return std::nullopt;
  const bool fits = found->is_number_integer() && *found > 0 && *found <= 1'000'000'000;
  if (!fits) {
    body.complain(path + "." + name, "must be a whole number from 1 to 1000000000");
    return std::nullopt;
  }
  return found->get<std::int64_t>();
}

std::string model_text(const Json& model, const char* name, const std::string& path,
                       JsonBody& body) {
  const auto found = model.find(name);
  if (found == model.end() || found->is_null()) return "";
  const auto text = found->is_string() ? found->get<std::string>() : "";
  const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (text.empty() || text.size() > 256 || controls)
    body.complain(path + "." + name, "must be a text of 1 to 256 bytes on one line");
  return text;
}

std::optional<Json> read_model(const Json& value, const std::string& path, JsonBody& body) {
  if (!value.is_object()) {
    body.complain(path, "must be an object with id, name, contextWindow and maxTokens");
    return std::nullopt;
  }
  static const std::set<std::string> known{"id", "name", "contextWindow", "maxTokens"};
  for (const auto& [key, unused] : value.items()) {
    if (!known.contains(key))
      body.complain(path + "." + key.substr(0, 64), "is no field of a model; remove it");
  }
  const auto id = model_text(value, "id", path, body);
  if (!value.contains("id")) body.complain(path + ".id", "is required");
  const auto name = model_text(value, "name", path, body);
  Json model{{"id", id}, {"name", name.empty() ? id : name}};
  if (const auto count = token_count(value, "contextWindow", path, body))
    model["contextWindow"] = *count;
  if (const auto count = token_count(value, "maxTokens", path, body)) model["maxTokens"] = *count;
  return model;
}

std::string read_models(JsonBody& body) {
  const auto text = body.json("models");
  if (!text) return "[]";
  const auto values = Json::parse(*text, nullptr, false);
  if (!values.is_array() || values.size() > max_models) {
    body.complain("models", "must be a list of at most 500 models");
    return "[]";
  }
  auto models = Json::array();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto path = "models." + std::to_string(i);
    auto model = read_model(values[i], path, body);
    if (!model) continue;
    if (!seen.insert(model->at("id").get<std::string>()).second)
      body.complain(path + ".id", "is listed twice; list each model once");
    models.push_back(std::move(*model));
  }
  return models.dump();
}

void read_connection(JsonBody& body, ProviderRow& row) {
  row.type = body.required_text("type", {1, 16, true});
  row.base_url = body.text("baseUrl", {1, 2048, true}).value_or("");
  if (!row.base_url.empty()) {
    if (auto complaint = complaint_about_url(row.base_url))
      body.complain("baseUrl", std::move(*complaint));
  }
  const bool anthropic = row.type == "anthropic";
  row.api_type = body.text("apiType", {1, 64, true})
                     .value_or(anthropic ? "anthropic-messages" : "openai-completions");
}

// The key that the row will have. A new address or type voids the stored one.
void read_key(JsonBody& body, const ProviderRow* present, const SecretBox& secrets,
              ProviderInput& input) {
  const bool removed = body.is_null("apiKey");
  if (auto given = body.text("apiKey", {1, 4096, true})) {
    input.row.api_key = secrets.encrypt(*given);
    input.api_key = std::move(*given);
    return;
  }
  if (body.has("apiKey") && !removed) {
    input.api_key = "refused";  // complained about already; nothing of this is kept
    return;
  }
  const bool same_place = present != nullptr && present->type == input.row.type &&
                          present->base_url == input.row.base_url;
  if (removed || !same_place) return;
  input.row.api_key = present->api_key;
  input.api_key = plain_key(*present, secrets).value_or("");
}

void judge(JsonBody& body, const ProviderRow* present, ProviderInput& input) {
  std::map<std::string, std::string> keys;
  if (!input.api_key.empty()) keys[input.row.id] = input.api_key;
  input.entry = make_provider_entries({input.row}, keys).front();
  // A switched-off provider may be as incomplete as its owner likes, but never wrong.
  const bool only_lacks_key =
      input.entry.problem_field == "apiKey" && input.row.api_key.empty() && !input.row.active;
  if (!input.entry.problem || only_lacks_key) return;
  const bool voided = input.entry.problem_field == "apiKey" && present != nullptr &&
                      !present->api_key.empty() && input.row.api_key.empty();
  body.complain(input.entry.problem_field,
                voided ? "must be given again, because the type or the base URL changed"
                       : *input.entry.problem);
}

}  // namespace

ProviderInput read_provider(JsonBody& body, const ProviderRow* present, const SecretBox& secrets) {
  ProviderInput input;
  auto& row = input.row;
  if (present != nullptr) row = *present;
  row.api_key.clear();
  row.name = body.required_text("name", {1, 64, true});
  if (!plain_name(row.name))
    body.complain("name", "must consist of letters, digits, \"-\", \"_\" and \".\"");
  row.display_name = body.text("displayName", {1, 128, true}).value_or(row.name);
  row.models_json = read_models(body);
  row.active = body.flag("isActive").value_or(true);
  read_connection(body, row);
  read_key(body, present, secrets, input);
  judge(body, present, input);
  return input;
}

ProviderInput read_unsaved_provider(JsonBody& body, const SecretBox& secrets) {
  ProviderInput input;
  input.row.name = "provider";
  read_connection(body, input.row);
  read_key(body, nullptr, secrets, input);
  judge(body, nullptr, input);
  return input;
}

std::optional<std::string> plain_key(const ProviderRow& row, const SecretBox& secrets) {
  if (row.api_key.empty()) return std::nullopt;
  try {
    return secrets.decrypt(row.api_key);
  } catch (const DecryptError&) {
    return std::nullopt;  // of another MOSAIC_SECRET_KEY: it must be entered again
  }
}

}  // namespace mosaic
