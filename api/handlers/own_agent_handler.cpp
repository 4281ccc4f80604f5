#include "api/handlers/own_agent_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/user_agent_creation.hpp"
#include "api/write_outcome.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Response no_agent_allowed() {
  return problem(409, problem_type::refused_by_rule, "You may not have an agent of your own.",
                 "Ask an admin to allow it.");
}

Response on_its_way_out() {
  return problem(409, problem_type::refused_by_rule, "Your agent is being deleted.",
                 "Try again in a moment: a new one is made then.");
}

}  // namespace

void OwnAgentHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule read{Admission::signed_in, Scope::read};
  const AccessRule write{Admission::signed_in, Scope::write};
  const auto add = [&](const char* method, const char* path, AccessRule rule, auto member) {
    routes.add(method, path, rule, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/container", read, &OwnAgentHandler::get);
  add("PATCH", "/api/container", write, &OwnAgentHandler::patch);
  add("POST", "/api/container/start", write, &OwnAgentHandler::start);
  add("POST", "/api/container/stop", write, &OwnAgentHandler::stop);
  add("POST", "/api/container/restart", write, &OwnAgentHandler::restart);
  add("POST", "/api/container/rotate-token", write, &OwnAgentHandler::rotate_token);
}

Response OwnAgentHandler::present(const std::string& owner, int status) {
  const auto row = settings_.find_user_agent(owner);
  auto response = json_response(status, own_agent_view(row, clock_.now()));
  if (row) response.set_field("ETag", entity_tag(row->generation));
  return response;
}

Response OwnAgentHandler::get(const Request&, const Caller& caller) {
  return present(caller.account.id, 200);
}

Response OwnAgentHandler::start(const Request& request, const Caller& caller) {
  const auto row = ensure_user_agent(settings_, secrets_, caller.account);
  if (!row) return no_agent_allowed();
  if (row->deletion_requested_at) return on_its_way_out();
  if (row->desired_state != DesiredState::automatic)
    settings_.set_user_agent_state(caller.account.id, DesiredState::automatic);
  settings_.touch_user_agent(caller.account.id, clock_.now());
  audit_.note(request, caller, "container.start", to_string(row->key));
  return present(caller.account.id, 202);
}

Response OwnAgentHandler::stop(const Request& request, const Caller& caller) {
  const auto row = settings_.find_user_agent(caller.account.id);
  if (row) {
    settings_.set_user_agent_state(caller.account.id, DesiredState::stopped);
    audit_.note(request, caller, "container.stop", to_string(row->key));
  }
  return present(caller.account.id, 202);
}

Response OwnAgentHandler::restart(const Request& request, const Caller& caller) {
  const auto row = ensure_user_agent(settings_, secrets_, caller.account);
  if (!row) return no_agent_allowed();
  if (row->deletion_requested_at) return on_its_way_out();
  settings_.restart_user_agent(caller.account.id, clock_.now());
  audit_.note(request, caller, "container.restart", to_string(row->key));
  return present(caller.account.id, 202);
}

Response OwnAgentHandler::rotate_token(const Request& request, const Caller& caller) {
  const auto row = ensure_user_agent(settings_, secrets_, caller.account);
  if (!row) return no_agent_allowed();
  if (row->deletion_requested_at) return on_its_way_out();
  settings_.replace_user_agent_token(caller.account.id, secrets_.encrypt(generate_token()));
  audit_.note(request, caller, "container.rotate-token", to_string(row->key));
  return present(caller.account.id, 202);
}

Response OwnAgentHandler::patch(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  const auto fleet = preview_.fleet_settings();
  JsonBody body(request);
  const auto minutes =
      body.number("idleTimeoutMin", fleet.idle_timeout_min_min, fleet.idle_timeout_min_max);
  if (!body.has("idleTimeoutMin")) body.complain("idleTimeoutMin", "is required");
  if (body.is_null("idleTimeoutMin")) body.complain("idleTimeoutMin", "must be a whole number");
  if (auto refusal = body.finish()) return std::move(*refusal);
  UserAgentChange change;
  change.idle_timeout_min = static_cast<int>(*minutes);
  const auto row = dry_run ? settings_.find_user_agent(caller.account.id)
                           : ensure_user_agent(settings_, secrets_, caller.account);
  const auto effects = row ? preview_.of_user_agent(*row, change) : std::vector<AgentEffect>();
  if (dry_run) return json_response(200, Json{{"affects", to_json(effects)}});
  if (!row) return no_agent_allowed();
  const auto outcome = settings_.update_user_agent(caller.account.id, row->key.name, change,
                                                   std::get<IfGeneration>(seen));
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "container.update", to_string(row->key),
              "idleTimeoutMin " + std::to_string(*minutes));
  const auto written = settings_.find_user_agent(caller.account.id);
  auto view = own_agent_view(written, clock_.now());
  view["effects"] = to_json(effects);
  auto response = json_response(200, view);
  if (written) response.set_field("ETag", entity_tag(written->generation));
  return response;
}

}  // namespace mosaic
