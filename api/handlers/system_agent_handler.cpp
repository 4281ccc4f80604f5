#include "api/handlers/system_agent_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/agent_limits_input.hpp"
#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/model_choices.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/write_outcome.hpp"
#include "model/naming.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr OutcomeTexts texts{.taken = "There is a system agent of that name."};

struct SystemAgentInput {
  std::string role;
  std::string primary_model;
  std::string provider_id;
  bool active = true;
  AgentLimitsInput limits;
};

SystemAgentInput read_input(JsonBody& body, const ChangePreview& preview,
                            const SecretBox& secrets) {
  SystemAgentInput input;
  input.role = body.required_text("role", {1, 64, true});
  input.primary_model = body.required_text("primaryModel", {1, 320, true});
  input.provider_id = body.text("providerId", {1, 64, true}).value_or("");
  input.active = body.flag("isActive").value_or(true);
  input.limits = read_agent_limits(body);
  const ModelChoices choices(preview.shared_providers(), input.provider_id, secrets);
  if (auto complaint = choices.complaint_about_provider()) {
    body.complain("providerId", "must be the id of an active provider of an admin");
  } else if (!input.primary_model.empty()) {
    if (auto wrong = choices.complaint(input.primary_model))
      body.complain("primaryModel", "must " + *wrong);
  }
  return input;
}

NewSystemContainer new_agent(const std::string& name, const SystemAgentInput& input) {
  NewSystemContainer agent;
  agent.id = random_id();
  agent.name = name;
  agent.role = input.role;
  agent.primary_model = input.primary_model;
  agent.provider_id = input.provider_id;
  agent.active = input.active;
  agent.options.image = input.limits.image.value_or("");
  agent.options.memory_mb = input.limits.memory_mb.value_or(std::nullopt);
  agent.options.cpu_milli = input.limits.cpu_milli.value_or(std::nullopt);
  return agent;
}

}  // namespace

void SystemAgentHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  routes.add("GET", "/api/system-agents/choices", admin,
             [this](const Request&, const Caller&) { return choices(); });
  routes.add(
      "POST", "/api/system-agents", admin,
      [this](const Request& request, const Caller& caller) { return create(request, caller); });
  routes.add(
      "PUT", "/api/system-agents/{id}", admin,
      [this](const Request& request, const Caller& caller) { return update(request, caller); });
}

Response SystemAgentHandler::choices() const {
  const auto shared = preview_.shared_providers();
  auto providers = Json::array();
  for (const auto& provider : shared) {
    if (provider.active) providers.push_back({{"id", provider.id}, {"name", provider.name}});
  }
  return json_response(200, Json{{"agents", default_agents_view()},
                                 {"providers", std::move(providers)},
                                 {"models", ModelChoices(shared, "", secrets_).references()}});
}

Response SystemAgentHandler::create(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  JsonBody body(request);
  const auto name = body.required_text("name", {1, 128, true});
  if (!name.empty() && !valid_container_name(name)) {
    body.complain(
        "name",
        "must consist of letters, digits, \"_\", \".\" and \"-\", and begin with a letter "
        "or digit, because its container is called so");
  }
  const auto input = read_input(body, preview_, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  auto agent = new_agent(name, input);
  // It starts; nothing that runs is touched.
  if (dry_run) return json_response(200, Json{{"affects", Json::array()}});
  agent.gateway_token = secrets_.encrypt(generate_token());
  if (auto refusal = refusal_of(settings_.create_system_agent(agent), texts))
    return std::move(*refusal);
  audit_.note(request, caller, "system-agent.create", "system/" + agent.id, name);
  auto response = json_response(201, Json{{"id", agent.id},
                                          {"name", name},
                                          {"role", agent.role},
                                          {"primaryModel", agent.primary_model},
                                          {"isActive", agent.active},
                                          {"effects", Json::array()}});
  response.set_field("Location", "/api/fleet/system/" + agent.id);
  return response;
}

Response SystemAgentHandler::update(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  const auto row =
      agents_.find_agent({ResourceKind::system_container, request.parameters.at("id")});
  if (!row) return not_found_response();
  JsonBody body(request);
  const auto input = read_input(body, preview_, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  SystemAgentChange change;
  change.role = input.role;
  change.primary_model = input.primary_model;
  change.provider_id = input.provider_id;
  change.active = input.active;
  change.image = input.limits.image.value_or("");
  change.memory_mb = input.limits.memory_mb.value_or(std::nullopt);
  change.cpu_milli = input.limits.cpu_milli.value_or(std::nullopt);
  const auto effects = preview_.of_system_agent(*row, change);
  if (dry_run) return json_response(200, Json{{"affects", to_json(effects)}});
  const auto outcome =
      settings_.update_system_agent(row->key.name, change, std::get<IfGeneration>(seen));
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "system-agent.update", to_string(row->key), row->owner);
  const auto written = agents_.find_agent(row->key);
  if (!written) return not_found_response();
  auto response = json_response(200, Json{{"id", row->key.name},
                                          {"name", row->owner},
                                          {"role", input.role},
                                          {"primaryModel", input.primary_model},
                                          {"isActive", input.active},
                                          {"effects", to_json(effects)}});
  response.set_field("ETag", entity_tag(written->generation));
  return response;
}

}  // namespace mosaic
