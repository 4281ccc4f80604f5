#include "api/handlers/usage_handler.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "api/json_response.hpp"
#include "api/query.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Json usage_view(const AgentUsage& usage) {
  Json view{{"kind", short_name(usage.agent.kind)},
            {"id", usage.agent.name},
            {"owner", usage.owner},
            {"memoryBytes", usage.memory_bytes},
            {"memoryLimitBytes", usage.memory_limit_bytes},
            {"cpuMilli", nullptr},
            {"processes", usage.processes},
            {"at", to_iso8601(usage.sampled_at)}};
  if (usage.cpu_milli) view["cpuMilli"] = *usage.cpu_milli;
  return view;
}

Json reason_or_null(const std::string& reason) { return reason.empty() ? Json() : Json(reason); }

}  // namespace

void UsageHandler::add_routes(GuardedRoutes& routes) {
  routes.add(
      "GET", "/api/fleet/usage", {Admission::admin, Scope::admin},
      [this](const Request& request, const Caller& caller) { return of_all(request, caller); });
  routes.add(
      "GET", "/api/container/usage", {Admission::signed_in, Scope::read},
      [this](const Request& request, const Caller& caller) { return of_own(request, caller); });
}

Response UsageHandler::of_all(const Request& request, const Caller&) {
  Query query(request);
  if (auto refused = query.finish()) return *refused;
  questions_.want_usage();
  auto items = Json::array();
  for (const auto& usage : questions_.usage()) items.push_back(usage_view(usage));
  return json_response(200, Json{{"items", std::move(items)},
                                 {"problem", reason_or_null(questions_.usage_hindrance())}});
}

Response UsageHandler::of_own(const Request& request, const Caller& caller) {
  Query query(request);
  if (auto refused = query.finish()) return *refused;
  questions_.want_usage();
  const auto usage = questions_.usage_of(caller.account.id);
  return json_response(200, Json{{"usage", usage ? usage_view(*usage) : Json()},
                                 {"problem", reason_or_null(questions_.usage_hindrance())}});
}

}  // namespace mosaic
