#include "api/handlers/limits_handler.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "api/entity_tag.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "http/ip_address.hpp"
#include "model/host_pattern.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

enum class Shape : std::uint8_t { number, flag, text, ranges, hosts };

struct Limit {
  std::string name;
  Shape shape;
  std::function<Json(const FleetSettings&)> value;
};

std::int64_t minutes(Duration duration) {
  return std::chrono::duration_cast<std::chrono::minutes>(duration).count();
}

std::int64_t seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

Json words(const std::string& text) {
  auto list = Json::array();
  std::size_t begin = 0;
  while ((begin = text.find_first_not_of(' ', begin)) != std::string::npos) {
    const auto end = std::min(text.find(' ', begin), text.size());
    list.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return list;
}

const std::vector<Limit>& limits() {
  using S = FleetSettings;
  static const std::vector<Limit> all{
      {"maxRunningAgents", Shape::number, [](const S& s) { return Json(s.max_running_agents); }},
      {"idleTimeoutMinMin", Shape::number, [](const S& s) { return Json(s.idle_timeout_min_min); }},
      {"idleTimeoutMinMax", Shape::number, [](const S& s) { return Json(s.idle_timeout_min_max); }},
      {"image", Shape::text, [](const S& s) { return Json(s.image); }},
      {"toolProfile", Shape::text, [](const S& s) { return Json(s.tool_profile); }},
      {"memoryMb", Shape::number, [](const S& s) { return Json(s.limits.memory_mb); }},
      {"cpuMilli", Shape::number, [](const S& s) { return Json(s.limits.cpu_milli); }},
      {"pids", Shape::number, [](const S& s) { return Json(s.limits.pids); }},
      {"memoryBudgetMb", Shape::number, [](const S& s) { return Json(s.memory_budget_mb); }},
      {"memoryReserveMb", Shape::number, [](const S& s) { return Json(s.memory_reserve_mb); }},
      {"drainLimitMin", Shape::number, [](const S& s) { return Json(minutes(s.drain_limit)); }},
      {"stopGraceSec", Shape::number, [](const S& s) { return Json(seconds(s.stop_grace)); }},
      {"startDeadlineSec", Shape::number,
       [](const S& s) { return Json(seconds(s.start_deadline)); }},
      {"providerPrivateRanges", Shape::ranges,
       [](const S& s) { return words(s.provider_private_ranges); }},
      {"providerKeys", Shape::text, [](const S& s) { return Json(to_string(s.provider_keys)); }},
      {"egress.userAgents", Shape::text,
       [](const S& s) { return Json(to_string(s.egress.user_agents)); }},
      {"egress.systemAgents", Shape::text,
       [](const S& s) { return Json(to_string(s.egress.system_agents)); }},
      {"egress.hosts", Shape::hosts, [](const S& s) { return words(s.egress.hosts); }},
      {"sleep.pause", Shape::flag, [](const S& s) { return Json(s.sleep.pause); }},
      {"sleep.pausedMemoryMb", Shape::number,
       [](const S& s) { return Json(s.sleep.paused_memory_mb); }},
      {"sleep.hibernate", Shape::flag, [](const S& s) { return Json(s.sleep.hibernate); }},
      {"sleep.hibernatedSwapMb", Shape::number,
       [](const S& s) { return Json(s.sleep.hibernated_swap_mb); }},
      {"sleep.hibernateAfterMin", Shape::number,
       [](const S& s) { return Json(minutes(s.sleep.hibernate_after)); }},
      {"sleep.stopAfterMin", Shape::number,
       [](const S& s) { return Json(minutes(s.sleep.stop_after)); }},
  };
  return all;
}

// What a list's entries must be.
struct Entries {
  std::size_t most;
  std::size_t most_bytes;
  bool (*fit)(const std::string& entry);
  const char* expectation;
};

const Entries& entries_of(Shape shape) {
  static constexpr Entries ranges{
      32, 64, [](const std::string& entry) { return IpRange::parse(entry).has_value(); },
      "must be a range such as 192.168.1.0/24"};
  static constexpr Entries hosts{
      128, 260, [](const std::string& entry) { return parse_host_pattern(entry).has_value(); },
      "must be a host such as api.example.com or *.example.com:8443"};
  return shape == Shape::ranges ? ranges : hosts;
}

std::optional<std::string> list_text(JsonBody& body, const std::string& name,
                                     const Entries& expected) {
  const auto entries = body.texts(name, expected.most, {1, expected.most_bytes, true});
  if (!entries) return std::nullopt;
  std::string joined;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (!expected.fit((*entries)[i]))
      body.complain(name + "." + std::to_string(i), expected.expectation);
    joined += (joined.empty() ? "" : " ") + (*entries)[i];
  }
  return joined;
}

std::optional<std::string> read_text(JsonBody& body, const Limit& limit) {
  switch (limit.shape) {
    case Shape::number: {
      const auto number = body.number(limit.name, 0, INT32_MAX);
      return number ? std::optional(std::to_string(*number)) : std::nullopt;
    }
    case Shape::flag: {
      const auto flag = body.flag(limit.name);
      return flag ? std::optional<std::string>(*flag ? "true" : "false") : std::nullopt;
    }
    case Shape::ranges:
    case Shape::hosts:
      return list_text(body, limit.name, entries_of(limit.shape));
    case Shape::text:
      break;
  }
  return body.text(limit.name);
}

// "SystemConfig "fleet.pids" must be 32 to 65536; the default stays in force" without what the asker knows.
std::string expectation(const std::string& problem) {
  const auto begin = problem.find("must be ");
  return begin == std::string::npos ? problem : problem.substr(begin, problem.find(';') - begin);
}

// What the body says of each setting, judged as the controller will.
std::vector<ConfigChange> read_changes(JsonBody& body) {
  std::vector<ConfigChange> changes;
  for (const auto& limit : limits()) {
    const auto key = "fleet." + limit.name;
    if (body.is_null(limit.name)) {
      changes.push_back({key, std::nullopt});
      continue;
    }
    auto text = read_text(body, limit);
    if (!text) continue;
    std::vector<std::string> problems;
    FleetSettings::parse({{key, *text}}, problems);
    if (!problems.empty()) body.complain(limit.name, expectation(problems.front()));
    changes.push_back({key, ConfigValue{std::move(*text), false}});
  }
  return changes;
}

FleetSettings applied(std::map<std::string, std::string> values,
                      const std::vector<ConfigChange>& changes) {
  for (const auto& change : changes) {
    values.erase(change.key);
    if (change.value) values[change.key] = change.value->value;
  }
  std::vector<std::string> problems;
  return FleetSettings::parse(values, problems);
}

std::string names_of(const std::vector<ConfigChange>& changes) {
  std::string names;
  for (const auto& change : changes) {
    names += (names.empty() ? "" : ", ") + change.key.substr(6) + " = " +
             (change.value ? change.value->value : "default");
  }
  return names;
}

}  // namespace

void LimitsHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  routes.add("GET", "/api/settings/limits", admin,
             [this](const Request& request, const Caller& caller) { return get(request, caller); });
  routes.add("PUT", "/api/settings/limits", admin,
             [this](const Request& request, const Caller& caller) { return put(request, caller); });
}

// These rows have no generation; what they say is their tag.
std::string LimitsHandler::tag() const {
  std::string text;
  for (const auto& [key, value] : agents_.settings("fleet.")) text += key + "=" + value + "\n";
  return "\"" + sha256_hex(text).substr(0, 16) + "\"";
}

Response LimitsHandler::present(const std::vector<AgentEffect>* effects) {
  auto fleet = preview_.fleet_settings();
  auto fixed = Json::array();
  if (!fixed_.agent_image.empty()) {
    fleet.image = fixed_.agent_image;
    fixed.push_back("image");
  }
  Json body;
  for (const auto& limit : limits()) body[limit.name] = limit.value(fleet);
  body["fixed"] = std::move(fixed);
  if (effects != nullptr) body["effects"] = to_json(*effects);
  auto response = json_response(200, body);
  response.set_field("ETag", tag());
  return response;
}

Response LimitsHandler::get(const Request&, const Caller&) { return present(nullptr); }

Response LimitsHandler::put(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  const auto seen = request.field("if-match");
  if (seen && *seen != "*" && *seen != tag()) return changed_meanwhile();
  JsonBody body(request);
  if (!fixed_.agent_image.empty() && body.has("image")) {
    body.is_null("image");
    body.complain("image", "is fixed by the environment (--agent-image); change it there");
  }
  const auto changes = read_changes(body);
  const auto before = preview_.fleet_settings();
  const auto after = applied(agents_.settings("fleet."), changes);
  if (after.idle_timeout_min_min > after.idle_timeout_min_max)
    body.complain("idleTimeoutMinMin", "must not be above idleTimeoutMinMax");
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto effects = preview_.of_fleet_settings(before, after);
  if (dry_run) return json_response(200, Json{{"affects", to_json(effects)}});
  if (!changes.empty()) {
    settings_.write_config(changes);
    audit_.note(request, caller, "limits.update", "settings/limits", names_of(changes));
  }
  return present(&effects);
}

}  // namespace mosaic
