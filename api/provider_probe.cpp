#include "api/provider_probe.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/provider_credential.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_models = 500;
constexpr std::size_t max_text_bytes = 256;

std::string without_suffix(std::string url, std::string_view suffix) {
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with(suffix)) url.resize(url.size() - suffix.size());
  return url;
}

std::string short_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "";
  auto text = found->get<std::string>();
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return plain && text.size() <= max_text_bytes ? text : "";
}

// {"data": [{"id": …}]} of OpenAI and Anthropic, {"models": [{"name": …}]} of Ollama. Nothing for anything else.
std::optional<std::vector<ListedModel>> listed_models(std::string_view body) {
  const auto answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return std::nullopt;
  const bool data = answer.contains("data");
  const auto list = answer.find(data ? "data" : "models");
  if (list == answer.end() || !list->is_array()) return std::nullopt;
  std::vector<ListedModel> models;
  for (const auto& entry : *list) {
    if (!entry.is_object() || models.size() == max_models) continue;
    ListedModel model;
    model.id = short_text(entry, data ? "id" : "name");
    model.name = short_text(entry, "display_name");
    if (model.name.empty()) model.name = model.id;
    if (!model.id.empty()) models.push_back(std::move(model));
  }
  std::sort(models.begin(), models.end(),
            [](const auto& left, const auto& right) { return left.id < right.id; });
  return models;
}

}  // namespace

ProbeRequest probe_request(const ProbeTarget& target) {
  ProbeRequest request;
  request.fields.emplace_back("Accept", "application/json");
  if (target.type == "ollama") {
    request.url = without_suffix(target.base_url, "/v1") + "/api/tags";
    return request;
  }
  if (target.api == "anthropic-messages") {
    request.url = without_suffix(target.base_url, "/v1") + "/v1/models?limit=500";
    request.fields.emplace_back("anthropic-version", "2023-06-01");
  } else {
    request.url = without_suffix(target.base_url, "/") + "/models";
  }
  if (!target.api_key.empty())
    request.fields.push_back(provider_credential(target.api, target.api_key));
  return request;
}

ProbeResult judge_answer(const ProbeTarget&, int status, std::string_view body) {
  ProbeResult result;
  if (status == 401 || status == 403) {
    result.outcome = ProbeOutcome::unauthorized;
  } else if (status >= 300 && status < 500) {
    // A redirect is not followed: it would lead where nobody checked.
    result.outcome = ProbeOutcome::not_found;
  } else if (status != 200) {
    result.outcome = ProbeOutcome::server_error;
  } else if (auto models = listed_models(body)) {
    result.outcome = ProbeOutcome::reachable;
    result.models = std::move(*models);
  } else {
    result.outcome = ProbeOutcome::not_found;
  }
  return result;
}

std::string_view to_string(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::reachable:
      return "reachable";
    case ProbeOutcome::unauthorized:
      return "unauthorized";
    case ProbeOutcome::not_found:
      return "not-found";
    case ProbeOutcome::timeout:
      return "timeout";
    case ProbeOutcome::unreachable:
      return "unreachable";
    case ProbeOutcome::refused_by_policy:
      return "refused-by-policy";
    case ProbeOutcome::tls:
      return "tls";
    case ProbeOutcome::server_error:
      break;
  }
  return "server-error";
}

std::string_view remedy_for(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::reachable:
      return "";
    case ProbeOutcome::unauthorized:
      return "Enter the provider's API key again: it did not take this one.";
    case ProbeOutcome::not_found:
      return "Check the base URL: something answers there, but it lists no models.";
    case ProbeOutcome::timeout:
      return "Check the base URL and that the provider is up: it did not answer in ten seconds.";
    case ProbeOutcome::unreachable:
      return "Check the base URL: there is no such name, or nothing listens there.";
    case ProbeOutcome::refused_by_policy:
      return "Use a public address, or have an admin allow this private range in the limits "
             "(providerPrivateRanges).";
    case ProbeOutcome::tls:
      return "Check the provider's certificate: it is not to be trusted for this name.";
    case ProbeOutcome::server_error:
      break;
  }
  return "Try again later: the provider answered with an error of its own.";
}

}  // namespace mosaic
