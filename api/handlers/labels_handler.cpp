#include "api/handlers/labels_handler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

const std::string prefix = "labels.";
constexpr std::size_t most_labels = 32;

bool plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ',';
  });
}

bool good(const std::string& name, const Json& value) {
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  return !name.empty() && name.size() <= 64 && plain(name) &&
         name.find_first_of("= ") == std::string::npos && text.size() <= 128 && plain(text);
}

Json read_labels(JsonBody& body) {
  const auto text = body.json("labels", 16 * 1024);
  if (!text) {
    body.complain("labels", "must be an object of texts; {} takes all away");
    return Json::object();
  }
  const auto labels = Json::parse(*text, nullptr, false);
  bool fits = labels.is_object() && labels.size() <= most_labels;
  if (fits) {
    for (const auto& [name, value] : labels.items()) fits = fits && good(name, value);
  }
  if (!fits) {
    body.complain("labels",
                  "must be an object of at most 32 texts: names of up to 64 bytes without blanks, "
                  "\"=\" and \",\", values of up to 128 without \",\"");
  }
  return labels;
}

}  // namespace

void LabelsHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  routes.add("GET", "/api/labels", admin, [this](const Request&, const Caller&) { return list(); });
  routes.add("PUT", "/api/labels/{kind}/{id}", admin,
             [this](const Request& request, const Caller& caller) { return put(request, caller); });
}

Response LabelsHandler::list() {
  auto items = Json::array();
  for (const auto& [key, entry] : settings_.read_config(prefix)) {
    const auto slash = key.find('.', prefix.size());
    const auto labels = Json::parse(entry.value, nullptr, false);
    if (slash == std::string::npos || !labels.is_object()) continue;
    items.push_back({{"kind", key.substr(prefix.size(), slash - prefix.size())},
                     {"id", key.substr(slash + 1)},
                     {"labels", labels}});
  }
  return json_response(200, Json{{"items", std::move(items)}});
}

bool LabelsHandler::exists(const std::string& kind, const std::string& id, const Caller& caller) {
  if (kind == "provider") return settings_.find_provider(caller.account.id, id).has_value();
  const auto parsed = parse_resource_kind(kind);
  if (!parsed || *parsed == ResourceKind::orphan) return false;
  return agents_.find_agent({*parsed, id}).has_value();
}

Response LabelsHandler::put(const Request& request, const Caller& caller) {
  const auto& kind = request.parameters.at("kind");
  const auto& id = request.parameters.at("id");
  if (!exists(kind, id, caller)) return not_found_response();
  JsonBody body(request);
  const auto labels = read_labels(body);
  if (auto refusal = body.finish()) return std::move(*refusal);
  ConfigChange change{prefix + kind + "." + id, std::nullopt};
  if (!labels.empty()) change.value = ConfigValue{labels.dump(), false};
  settings_.write_config({change});
  audit_.note(request, caller, "labels.update", kind + "/" + id);
  return json_response(200, Json{{"kind", kind}, {"id", id}, {"labels", labels}});
}

}  // namespace mosaic
