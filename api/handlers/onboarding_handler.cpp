#include "api/handlers/onboarding_handler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/default_agents.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/model_choices.hpp"
#include "api/new_password.hpp"
#include "api/oidc_input.hpp"
#include "api/oidc_settings.hpp"
#include "api/problem.hpp"
#include "api/write_outcome.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* completed_key = "onboarding.completed";
constexpr const char* oidc_skipped_key = "onboarding.oidcSkipped";
constexpr const char* agents_skipped_key = "onboarding.agentsSkipped";

Response already_completed() {
  return problem(409, problem_type::set_up_completed, "Set-up is completed and stays so.",
                 "Sign in; an admin changes everything in the settings.");
}

Response incomplete(const std::string& what) {
  return problem(409, problem_type::set_up_incomplete, "Set-up lacks a step before this one.",
                 "First: " + what + ".");
}

const DefaultAgent* find_default(std::string_view word) {
  const auto* found = std::find_if(default_agents.begin(), default_agents.end(),
                                   [&](const auto& agent) { return agent.word == word; });
  return found == default_agents.end() ? nullptr : found;
}

bool plain_username(const std::string& name) {
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

NewSystemContainer from_default(const DefaultAgent& chosen, const std::string& model,
                                const SecretBox& secrets) {
  NewSystemContainer agent;
  agent.id = random_id();
  agent.name = std::string(chosen.name);
  agent.role = std::string(chosen.role);
  agent.primary_model = model;
  agent.gateway_token = secrets.encrypt(generate_token());
  agent.options.memory_mb = chosen.memory_mb;
  return agent;
}

}  // namespace

void OnboardingHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule set_up{Admission::set_up, Scope::admin};
  const auto add = [&](const char* method, const char* path, AccessRule rule, auto member) {
    routes.add(method, path, rule, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/onboarding/status", {Admission::anonymous, Scope::read},
      &OnboardingHandler::status);
  add("POST", "/api/onboarding/breakglass", set_up, &OnboardingHandler::breakglass);
  add("POST", "/api/onboarding/oidc", set_up, &OnboardingHandler::oidc);
  add("POST", "/api/onboarding/provider", set_up, &OnboardingHandler::provider);
  add("POST", "/api/onboarding/provider/test", set_up, &OnboardingHandler::test_provider);
  add("POST", "/api/onboarding/agents", set_up, &OnboardingHandler::agents);
  add("POST", "/api/onboarding/complete", set_up, &OnboardingHandler::complete);
}

bool OnboardingHandler::noted(const std::string& key) {
  const auto rows = settings_.read_config(key);
  const auto found = rows.find(key);
  return found != rows.end() && found->second.value == "true";
}

bool OnboardingHandler::completed() { return noted(completed_key); }

std::optional<BreakglassUser> OnboardingHandler::first_admin() {
  for (auto& user : settings_.list_breakglass()) {
    if (user.active) return std::move(user);
  }
  return std::nullopt;
}

std::vector<AgentRow> OnboardingHandler::system_agents() {
  AgentListQuery query;
  query.kind = ResourceKind::system_container;
  return settings_.list_agents(query);
}

std::vector<std::string> OnboardingHandler::missing_steps() {
  const auto admin = first_admin();
  if (!admin) return {"breakglass", "provider"};
  const auto providers = settings_.list_providers(admin->id);
  const bool usable = std::any_of(providers.begin(), providers.end(),
                                  [](const auto& provider) { return provider.active; });
  return usable ? std::vector<std::string>() : std::vector<std::string>{"provider"};
}

Response OnboardingHandler::status(const Request& request, const Caller& caller) {
  if (completed()) return json_response(200, Json{{"completed", true}});
  if (!caller.is_admin() && !holds_set_up_token_(request))
    return json_response(200, Json{{"completed", false}});
  return present(200);
}

Response OnboardingHandler::present(int status) {
  Json steps;
  const auto admin = first_admin();
  steps["breakglass"] = {{"done", admin.has_value()},
                         {"username", admin ? Json(admin->username) : Json()}};
  const auto oidc = read_oidc_settings(settings_, secrets_);
  steps["oidc"] = {{"done", oidc.has_value() || noted(oidc_skipped_key)},
                   {"skipped", !oidc.has_value() && noted(oidc_skipped_key)},
                   {"values", oidc ? oidc_view(oidc) : Json()}};
  auto providers = Json::array();
  if (admin) {
    for (const auto& provider : settings_.list_providers(admin->id))
      providers.push_back(provider_view(provider));
  }
  steps["provider"] = {{"done", !providers.empty()}, {"items", std::move(providers)}};
  auto agents = Json::array();
  for (const auto& row : system_agents())
    agents.push_back({{"id", row.key.name}, {"name", row.owner}, {"role", row.role}});
  const bool agents_skipped = agents.empty() && noted(agents_skipped_key);
  steps["agents"] = {{"done", !agents.empty() || agents_skipped},
                     {"skipped", agents_skipped},
                     {"items", std::move(agents)}};
  steps["agents"]["choices"] = default_agents_view();
  return json_response(
      status,
      Json{{"completed", false}, {"missing", missing_steps()}, {"steps", std::move(steps)}});
}

Response OnboardingHandler::breakglass(const Request& request, const Caller& caller) {
  if (completed()) return already_completed();
  JsonBody body(request);
  const auto username = body.required_text("username", {1, 128, true});
  if (!plain_username(username)) body.complain("username", "must not contain blanks");
  const auto password = read_new_password(body);
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto result =
      settings_.upsert_breakglass(random_id(), username, passwords_.hash_password(password));
  audit_.note(request, caller, "onboarding.breakglass", "breakglass/" + username,
              result.created ? "created" : "new password");
  return present(200);
}

Response OnboardingHandler::oidc(const Request& request, const Caller& caller) {
  if (completed()) return already_completed();
  JsonBody body(request);
  if (body.flag("skip").value_or(false)) {
    if (auto refusal = body.finish()) return std::move(*refusal);
    auto changes = no_oidc_changes();
    changes.push_back({oidc_skipped_key, ConfigValue{"true", false}});
    settings_.write_config(changes);
    audit_.note(request, caller, "onboarding.oidc", "settings/oidc", "skipped");
    return present(200);
  }
  const auto oidc = read_oidc_input(body, read_oidc_settings(settings_, secrets_));
  if (auto refusal = body.finish()) return std::move(*refusal);
  auto changes = oidc_changes(oidc, secrets_);
  changes.push_back({oidc_skipped_key, std::nullopt});
  settings_.write_config(changes);
  audit_.note(request, caller, "onboarding.oidc", "settings/oidc", oidc.issuer_url);
  return present(200);
}

// The first provider is the first admin's; the same name again replaces it.
Response OnboardingHandler::provider(const Request& request, const Caller& caller) {
  if (completed()) return already_completed();
  const auto admin = first_admin();
  if (!admin) return incomplete("POST /api/onboarding/breakglass");
  const auto providers = settings_.list_providers(admin->id);
  const auto wanted = [&] {
    JsonBody names(request);
    return names.text("name", {1, 64, true}).value_or("");
  }();
  const auto present_row =
      std::find_if(providers.begin(), providers.end(),
                   [&](const auto& provider) { return provider.name == wanted; });
  const bool replaces = present_row != providers.end();
  JsonBody body(request);
  auto input = read_provider(body, replaces ? &*present_row : nullptr, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  if (!replaces) {
    input.row.id = random_id();
    input.row.owner = admin->id;
  }
  const auto outcome = replaces ? settings_.update_provider(input.row, present_row->generation)
                                : settings_.create_provider(input.row);
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "onboarding.provider", "provider/" + input.row.id,
              input.row.name + ", " + input.row.type);
  return present(200);
}

Response OnboardingHandler::test_provider(const Request& request, const Caller&) {
  if (completed()) return already_completed();
  JsonBody body(request);
  const auto input = read_unsaved_provider(body, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  return test_.run(input);
}

Response OnboardingHandler::agents(const Request& request, const Caller& caller) {
  if (completed()) return already_completed();
  if (!first_admin()) return incomplete("POST /api/onboarding/breakglass");
  JsonBody body(request);
  const auto chosen = body.texts("agents", default_agents.size());
  if (!body.has("agents")) body.complain("agents", "is required; an empty list takes none");
  std::string model = body.text("primaryModel", {1, 320, true}).value_or("");
  std::vector<const DefaultAgent*> wanted;
  for (std::size_t i = 0; chosen && i < chosen->size(); ++i) {
    wanted.push_back(find_default((*chosen)[i]));
    if (wanted.back() == nullptr) {
      body.complain("agents." + std::to_string(i),
                    "must be one of main, projects, research, operations");
    }
  }
  if (!wanted.empty()) {
    const ModelChoices choices(preview_.shared_providers(), "", secrets_);
    if (model.empty()) {
      body.complain("primaryModel", "is required");
    } else if (auto complaint = choices.complaint(model)) {
      body.complain("primaryModel", "must " + *complaint);
    }
  }
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto existing = system_agents();
  for (const auto* agent : wanted) {
    const auto row = std::find_if(existing.begin(), existing.end(),
                                  [&](const auto& each) { return each.owner == agent->name; });
    if (row == existing.end()) {
      settings_.create_system_agent(from_default(*agent, model, secrets_));
    } else {
      SystemAgentChange change;
      change.primary_model = model;
      settings_.update_system_agent(row->key.name, change, std::nullopt);
    }
  }
  const ConfigChange skipped{agents_skipped_key, wanted.empty()
                                                     ? std::optional(ConfigValue{"true", false})
                                                     : std::nullopt};
  settings_.write_config({skipped});
  audit_.note(request, caller, "onboarding.agents", "fleet/system",
              std::to_string(wanted.size()) + " agents");
  return present(200);
}

Response OnboardingHandler::complete(const Request& request, const Caller& caller) {
  if (completed()) return already_completed();
  JsonBody body(request);
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto missing = missing_steps();
  if (!missing.empty()) return incomplete("POST /api/onboarding/" + missing.front());
  settings_.write_config({{completed_key, ConfigValue{"true", false}}});
  audit_.note(request, caller, "onboarding.complete", "onboarding");
  return json_response(200, Json{{"completed", true}});
}

}  // namespace mosaic
