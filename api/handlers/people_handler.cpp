#include "api/handlers/people_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/new_password.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/write_outcome.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr OutcomeTexts last_admin{.refused = "Nobody could administer this installation any more.",
                                  .refused_remedy = "Make another active admin first."};

AccountChange read_change(JsonBody& body) {
  AccountChange change;
  if (body.is_null("role")) {
    change.granted_role = std::optional<Role>();
  } else if (const auto word = body.text("role")) {
    const auto role = parse_role(*word);
    if (!role) body.complain("role", "must be user, admin, or null for what the sign-in says");
    change.granted_role = role;
  }
  change.disabled = body.flag("disabled");
  change.agent_allowed = body.flag("agentAllowed");
  return change;
}

std::string described(const AccountChange& change) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
  if (change.granted_role) {
    const auto& role = *change.granted_role;
    add("role " + (role ? std::string(to_string(*role)) : "by sign-in"));
  }
  if (change.disabled) add(*change.disabled ? "disabled" : "enabled");
  if (change.agent_allowed) add(*change.agent_allowed ? "agent allowed" : "agent forbidden");
  return text;
}

bool may_have_agent(const Account& account) { return !account.disabled && account.agent_allowed; }

}  // namespace

void PeopleHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  const auto add = [&](const char* method, const char* path, auto member) {
    routes.add(method, path, admin, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/users", &PeopleHandler::list);
  add("PATCH", "/api/users/{id}", &PeopleHandler::patch);
  add("GET", "/api/audit", &PeopleHandler::audit);
  add("POST", "/api/settings/breakglass/{username}/password", &PeopleHandler::set_password);
}

Response PeopleHandler::list(const Request& request, const Caller&) {
  Query query(request);
  const auto page = query.page();
  AccountQuery wanted;
  wanted.after_id = page.after;
  wanted.search = query.text("search").value_or("");
  wanted.limit = page.limit + 1;
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto accounts = accounts_.list_accounts(wanted);
  const bool more = accounts.size() > static_cast<std::size_t>(page.limit);
  if (more) accounts.pop_back();
  auto items = Json::array();
  for (const auto& account : accounts) items.push_back(account_view(account));
  Json body{{"items", std::move(items)}};
  body["next"] = more ? Json(accounts.back().id) : Json();
  return json_response(200, body);
}

Response PeopleHandler::patch(const Request& request, const Caller& caller) {
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  JsonBody body(request);
  const auto change = read_change(body);
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto before = accounts_.find_account(request.parameters.at("id"));
  if (!before) return not_found_response();
  const auto outcome = accounts_.update_account(before->id, change, std::get<IfGeneration>(seen));
  if (auto refusal = refusal_of(outcome, last_admin)) return std::move(*refusal);
  remembered_.on_account_changed(before->id);
  audit_.note(request, caller, "user.update", "user/" + before->id, described(change));
  const auto after = accounts_.find_account(before->id);
  if (!after) return not_found_response();
  heed(*before, *after);
  auto response = json_response(200, account_view(*after));
  response.set_field("ETag", entity_tag(after->generation));
  return response;
}

// Whoever may not have an agent any more has none that runs; allowed again, it sleeps until it is needed.
void PeopleHandler::heed(const Account& before, const Account& after) {
  if (may_have_agent(before) == may_have_agent(after)) return;
  settings_.set_user_agent_state(
      after.id, may_have_agent(after) ? DesiredState::automatic : DesiredState::stopped);
}

Response PeopleHandler::audit(const Request& request, const Caller&) {
  Query query(request);
  AuditQuery wanted;
  const int limit = static_cast<int>(query.number("limit", 1, 200).value_or(50));
  wanted.limit = limit + 1;
  wanted.before_id = query.number("after", 1, INT64_MAX).value_or(0);
  wanted.actor_id = query.text("actor").value_or("");
  wanted.action = query.text("action").value_or("");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto entries = accounts_.audit(wanted);
  const bool more = entries.size() > static_cast<std::size_t>(limit);
  if (more) entries.pop_back();
  auto items = Json::array();
  for (const auto& entry : entries) items.push_back(audit_view(entry));
  Json body{{"items", std::move(items)}};
  body["next"] = more ? Json(std::to_string(entries.back().id)) : Json();
  return json_response(200, body);
}

Response PeopleHandler::set_password(const Request& request, const Caller& caller) {
  JsonBody body(request);
  const auto password = read_new_password(body);
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto& username = request.parameters.at("username");
  const auto user = accounts_.find_breakglass(username);
  if (!user) return not_found_response();
  const auto outcome =
      accounts_.set_breakglass_password(user->id, passwords_.hash_password(password));
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  remembered_.on_account_changed(user->id);
  audit_.note(request, caller, "breakglass.password", "breakglass/" + username);
  Response response;
  response.status = 204;
  response.set_field("Cache-Control", "no-store");
  return response;
}

}  // namespace mosaic
