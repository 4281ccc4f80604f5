#include "api/handlers/fleet_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/agent_limits_input.hpp"
#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/wake_history.hpp"
#include "api/write_outcome.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_node_name = 255;
constexpr int rows_per_look = 1000;
constexpr int most_looks = 200;        // a search through a fleet of 200,000 ends
constexpr int events_of_wakes = 1000;  // more than are kept of an agent

struct FleetQuery {
  std::optional<ResourceKind> kind;
  std::optional<Phase> phase;
  std::string search;
  Page page;
  std::optional<ResourceKey> after;
};

bool contains(const std::string& text, const std::string& part) {
  return lower_case(text).find(lower_case(part)) != std::string::npos;
}

bool matches(const AgentRow& row, const std::string& search) {
  return search.empty() || contains(row.owner, search) || contains(row.key.name, search) ||
         contains(row.container_name, search);
}

std::optional<ResourceKind> agent_kind(std::string_view word) {
  const auto kind = parse_resource_kind(word);
  return kind == ResourceKind::orphan ? std::nullopt : kind;
}

FleetQuery read_query(Query& query) {
  FleetQuery wanted;
  if (const auto kind = query.text("kind")) {
    wanted.kind = agent_kind(*kind);
    if (!wanted.kind) query.complain("kind", "must be user or system");
  }
  if (const auto phase = query.text("phase")) {
    wanted.phase = parse_phase(*phase);
    if (!wanted.phase) query.complain("phase", "must be a phase such as running or stopped");
  }
  wanted.search = query.text("search").value_or("");
  wanted.page = query.page();
  if (!wanted.page.after.empty()) {
    wanted.after = parse_resource_key(wanted.page.after);
    if (!wanted.after) query.complain("after", "must be the \"next\" of the page before");
  }
  return wanted;
}

// One more than fits the page, so that the last row tells whether there is another page. Users come before system
// agents.
std::vector<AgentRow> find_rows(SettingsStore& settings, const FleetQuery& wanted) {
  std::vector<AgentRow> found;
  const auto enough = static_cast<std::size_t>(wanted.page.limit) + 1;
  int looks = 0;
  for (const auto kind : {ResourceKind::user_container, ResourceKind::system_container}) {
    if (wanted.kind && *wanted.kind != kind) continue;
    if (wanted.after && wanted.after->kind > kind) continue;
    AgentListQuery query;
    query.kind = kind;
    query.phase = wanted.phase;
    query.limit = wanted.search.empty() ? static_cast<int>(enough) : rows_per_look;
    if (wanted.after && wanted.after->kind == kind) query.after_id = wanted.after->name;
    while (found.size() < enough && looks++ < most_looks) {
      auto rows = settings.list_agents(query);
      const bool last = rows.size() < static_cast<std::size_t>(query.limit);
      if (!rows.empty()) query.after_id = rows.back().key.name;
      for (auto& row : rows) {
        if (found.size() < enough && matches(row, wanted.search)) found.push_back(std::move(row));
      }
      if (last) break;
    }
  }
  return found;
}

Response not_active() {
  return problem(409, problem_type::refused_by_rule, "This system agent is switched off.",
                 "Set its isActive to true first.");
}

Response being_deleted() {
  return problem(409, problem_type::refused_by_rule, "This agent is being deleted.",
                 "Wait until it is gone.");
}

}  // namespace

void FleetHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  const auto add = [&](const char* method, const char* path, auto member) {
    routes.add(method, path, admin, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/fleet", &FleetHandler::list);
  add("POST", "/api/fleet/stop-all", &FleetHandler::stop_all);
  add("GET", "/api/fleet/{kind}/{id}", &FleetHandler::get);
  add("PATCH", "/api/fleet/{kind}/{id}", &FleetHandler::patch);
  add("DELETE", "/api/fleet/{kind}/{id}", &FleetHandler::remove);
  add("GET", "/api/fleet/{kind}/{id}/events", &FleetHandler::events);
  add("GET", "/api/fleet/{kind}/{id}/wakes", &FleetHandler::wakes);
  add("POST", "/api/fleet/{kind}/{id}/start", &FleetHandler::start);
  add("POST", "/api/fleet/{kind}/{id}/stop", &FleetHandler::stop);
  add("POST", "/api/fleet/{kind}/{id}/restart", &FleetHandler::restart);
  add("POST", "/api/fleet/{kind}/{id}/rotate-token", &FleetHandler::rotate_token);
  add("POST", "/api/fleet/{kind}/{id}/move", &FleetHandler::move);
}

std::optional<AgentRow> FleetHandler::find(const Request& request) {
  const auto kind = agent_kind(request.parameters.at("kind"));
  if (!kind) return std::nullopt;
  return agents_.find_agent({*kind, request.parameters.at("id")});
}

Response FleetHandler::present(const AgentRow& row, int status,
                               const std::vector<AgentEffect>* effects) {
  auto view = fleet_agent_view(row, clock_.now());
  const auto fleet = preview_.fleet_settings();
  const auto& default_image = fixed_.agent_image.empty() ? fleet.image : fixed_.agent_image;
  view["effective"] = {{"image", row.image.empty() ? default_image : row.image},
                       {"memoryMb", row.memory_mb.value_or(fleet.limits.memory_mb)},
                       {"cpuMilli", row.cpu_milli.value_or(fleet.limits.cpu_milli)},
                       {"pids", fleet.limits.pids}};
  if (row.key.kind == ResourceKind::system_container) {
    const auto source = agents_.find_config_source(row.key);
    view["primaryModel"] = source ? Json(source->primary_model) : Json();
    view["providerId"] =
        source && !source->provider_id.empty() ? Json(source->provider_id) : Json();
  }
  if (effects != nullptr) view["effects"] = to_json(*effects);
  auto response = json_response(status, view);
  response.set_field("ETag", entity_tag(row.generation));
  return response;
}

Response FleetHandler::present_again(const ResourceKey& key, int status) {
  const auto row = agents_.find_agent(key);
  return row ? present(*row, status, nullptr) : not_found_response();
}

Response FleetHandler::list(const Request& request, const Caller&) {
  Query query(request);
  const auto wanted = read_query(query);
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto rows = find_rows(settings_, wanted);
  const bool more = rows.size() > static_cast<std::size_t>(wanted.page.limit);
  if (more) rows.pop_back();
  auto items = Json::array();
  for (const auto& row : rows) items.push_back(fleet_agent_view(row, clock_.now()));
  Json body{{"items", std::move(items)}};
  body["next"] = more ? Json(to_string(rows.back().key)) : Json();
  return json_response(200, body);
}

Response FleetHandler::get(const Request& request, const Caller&) {
  const auto row = find(request);
  return row ? present(*row, 200, nullptr) : not_found_response();
}

Response FleetHandler::events(const Request& request, const Caller&) {
  Query query(request);
  EventQuery wanted;
  const int limit = static_cast<int>(query.number("limit", 1, 200).value_or(50));
  wanted.limit = limit + 1;
  wanted.after_id = query.number("since", 0, INT64_MAX).value_or(0);
  wanted.before_id = query.number("after", 1, INT64_MAX).value_or(0);
  if (auto refusal = query.finish()) return std::move(*refusal);
  const auto row = find(request);
  if (!row) return not_found_response();
  wanted.key = row->key;
  auto events = events_.events(wanted);
  const bool more = events.size() > static_cast<std::size_t>(limit);
  if (more) events.pop_back();
  auto items = Json::array();
  for (const auto& event : events) items.push_back(event_view(event));
  Json body{{"items", std::move(items)}};
  body["next"] = more ? Json(std::to_string(events.back().id)) : Json();
  return json_response(200, body);
}

Response FleetHandler::wakes(const Request& request, const Caller&) {
  const auto row = find(request);
  if (!row) return not_found_response();
  EventQuery wanted;
  wanted.key = row->key;
  wanted.limit = events_of_wakes;
  auto items = Json::array();
  for (const auto& wake : wakes_of(events_.events(wanted))) items.push_back(wake_view(wake));
  return json_response(200, Json{{"items", std::move(items)}});
}

Response FleetHandler::start(const Request& request, const Caller& caller) {
  const auto row = find(request);
  if (!row) return not_found_response();
  if (row->deletion_requested_at) return being_deleted();
  if (!row->active) return not_active();
  desired_.set_desired_state(row->key, DesiredState::automatic);
  if (row->key.kind == ResourceKind::user_container) desired_.touch(row->key, clock_.now());
  audit_.note(request, caller, "fleet.start", to_string(row->key), row->owner);
  return present_again(row->key, 202);
}

Response FleetHandler::stop(const Request& request, const Caller& caller) {
  const auto row = find(request);
  if (!row) return not_found_response();
  desired_.set_desired_state(row->key, DesiredState::stopped);
  audit_.note(request, caller, "fleet.stop", to_string(row->key), row->owner);
  return present_again(row->key, 202);
}

Response FleetHandler::restart(const Request& request, const Caller& caller) {
  const auto row = find(request);
  if (!row) return not_found_response();
  if (row->deletion_requested_at) return being_deleted();
  desired_.request_restart(row->key, clock_.now());
  audit_.note(request, caller, "fleet.restart", to_string(row->key), row->owner);
  return present_again(row->key, 202);
}

Response FleetHandler::rotate_token(const Request& request, const Caller& caller) {
  const auto row = find(request);
  if (!row) return not_found_response();
  if (row->deletion_requested_at) return being_deleted();
  desired_.replace_token(row->key, secrets_.encrypt(generate_token()));
  audit_.note(request, caller, "fleet.rotate-token", to_string(row->key), row->owner);
  return present_again(row->key, 202);
}

// Whether there is such a node only the engine knows, and of it only the controller: what comes of it the agent's
// condition `Moving` says.
Response FleetHandler::move(const Request& request, const Caller& caller) {
  const auto row = find(request);
  if (!row) return not_found_response();
  JsonBody body(request);
  const std::string node = body.required_text("node", {1, longest_node_name});
  const bool without_state = body.flag("withoutState").value_or(false);
  if (auto refusal = body.finish()) return std::move(*refusal);
  if (row->deletion_requested_at) return being_deleted();
  desired_.request_move(row->key, node, without_state);
  audit_.note(request, caller, "fleet.move", to_string(row->key),
              row->owner + " to " + node + (without_state ? " without its state" : ""));
  return present_again(row->key, 202);
}

Response FleetHandler::stop_all(const Request& request, const Caller& caller) {
  JsonBody body(request);
  const auto word = body.text("kind");
  const auto kind = word ? agent_kind(*word) : std::nullopt;
  if (word && !kind) body.complain("kind", "must be user or system; without it all are stopped");
  if (auto refusal = body.finish()) return std::move(*refusal);
  int stopped = 0;
  for (const auto each : {ResourceKind::user_container, ResourceKind::system_container}) {
    if (!kind || *kind == each) stopped += settings_.stop_all(each);
  }
  audit_.note(request, caller, "fleet.stop-all", word.value_or("all"), std::to_string(stopped));
  return json_response(202, Json{{"stopped", stopped}});
}

Response FleetHandler::patch(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  const auto row = find(request);
  if (!row) return not_found_response();
  const bool user = row->key.kind == ResourceKind::user_container;
  JsonBody body(request);
  const auto limits = read_agent_limits(body);
  const auto idle = user ? body.number("idleTimeoutMin", 1, 525600) : std::nullopt;
  if (auto refusal = body.finish()) return std::move(*refusal);
  UserAgentChange for_user{
      .image = limits.image, .memory_mb = limits.memory_mb, .cpu_milli = limits.cpu_milli};
  if (idle) for_user.idle_timeout_min = static_cast<int>(*idle);
  SystemAgentChange for_system{
      .image = limits.image, .memory_mb = limits.memory_mb, .cpu_milli = limits.cpu_milli};
  const auto effects =
      user ? preview_.of_user_agent(*row, for_user) : preview_.of_system_agent(*row, for_system);
  if (dry_run) return json_response(200, Json{{"affects", to_json(effects)}});
  const auto generation = std::get<IfGeneration>(seen);
  const auto outcome =
      user ? settings_.update_user_agent(row->owner, row->key.name, for_user, generation)
           : settings_.update_system_agent(row->key.name, for_system, generation);
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "fleet.update", to_string(row->key), row->owner);
  const auto written = agents_.find_agent(row->key);
  return written ? present(*written, 200, &effects) : not_found_response();
}

Response FleetHandler::remove(const Request& request, const Caller& caller) {
  Query query(request);
  const bool purge = query.flag("purge");
  if (auto refusal = query.finish()) return std::move(*refusal);
  const auto row = find(request);
  if (!row) return not_found_response();
  if (purge) {
    JsonBody body(request);
    const auto confirmed = body.required_text("confirm", {0, 256, true});
    if (confirmed != row->owner) {
      body.complain("confirm",
                    "must be the owner's id: purging removes all that the agent ever kept");
    }
    if (auto refusal = body.finish()) return std::move(*refusal);
  }
  desired_.request_deletion(row->key, purge, clock_.now());
  audit_.note(request, caller, purge ? "fleet.purge" : "fleet.delete", to_string(row->key),
              row->owner);
  return present_again(row->key, 202);
}

}  // namespace mosaic
