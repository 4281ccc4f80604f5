#include "api/handlers/user_agent_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/agent_limits_input.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/query.hpp"
#include "api/user_agent_creation.hpp"
#include "api/write_outcome.hpp"
#include "model/naming.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr OutcomeTexts texts{.taken = "That user has an agent.",
                             .taken_remedy = "Change it: PATCH /api/fleet/user/{id}."};

}  // namespace

void UserAgentHandler::add_routes(GuardedRoutes& routes) {
  routes.add(
      "POST", "/api/user-agents", {Admission::admin, Scope::admin},
      [this](const Request& request, const Caller& caller) { return create(request, caller); });
}

Response UserAgentHandler::create(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  JsonBody body(request);
  const auto owner = body.required_text("owner", {1, 128, true});
  const auto limits = read_agent_limits(body);
  const auto idle = body.number("idleTimeoutMin", 1, 525600);
  auto agent = new_user_agent(owner, secrets_);
  if (!owner.empty() && !valid_container_name(agent.container_name))
    body.complain("owner", "must be shorter: its container is named after it");
  if (auto refusal = body.finish()) return std::move(*refusal);
  agent.options.image = limits.image.value_or("");
  agent.options.memory_mb = limits.memory_mb.value_or(std::nullopt);
  agent.options.cpu_milli = limits.cpu_milli.value_or(std::nullopt);
  if (idle) agent.idle_timeout_min = static_cast<int>(*idle);
  if (dry_run) return json_response(200, Json{{"affects", Json::array()}});
  if (auto refusal = refusal_of(settings_.create_user_agent(agent), texts))
    return std::move(*refusal);
  audit_.note(request, caller, "user-agent.create", "user/" + agent.id, owner);
  auto response = json_response(201, Json{{"id", agent.id}, {"owner", owner}});
  response.set_field("Location", "/api/fleet/user/" + agent.id);
  return response;
}

}  // namespace mosaic
