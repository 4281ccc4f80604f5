#include "api/handlers/preferences_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/model_choices.hpp"
#include "api/query.hpp"
#include "api/write_outcome.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_fallbacks = 20;
constexpr TextRule model_rule{1, 320, true};
constexpr TextRule personality_rule{1, 64 * 1024, false};

// Replaces all four; what is absent or null goes back to the default.
void read_preferences(JsonBody& body, AgentPreferences& preferences) {
  preferences.primary_model = body.text("primaryModel", model_rule).value_or("");
  preferences.fallback_models =
      body.texts("fallbackModels", max_fallbacks, model_rule).value_or(std::vector<std::string>());
  preferences.personality = body.text("personality", personality_rule).value_or("");
  preferences.provider_id = body.text("providerId", {1, 64, true}).value_or("");
}

void judge_models(JsonBody& body, const AgentPreferences& preferences,
                  const ModelChoices& choices) {
  if (auto complaint = choices.complaint_about_provider())
    body.complain("providerId", "must " + *complaint);
  if (!preferences.primary_model.empty()) {
    if (auto complaint = choices.complaint(preferences.primary_model))
      body.complain("primaryModel", "must " + *complaint);
  }
  for (std::size_t i = 0; i < preferences.fallback_models.size(); ++i) {
    if (auto complaint = choices.complaint(preferences.fallback_models[i]))
      body.complain("fallbackModels." + std::to_string(i), "must " + *complaint);
  }
}

}  // namespace

void PreferencesHandler::add_routes(GuardedRoutes& routes) {
  routes.add("GET", "/api/agent-config", {Admission::signed_in, Scope::read},
             [this](const Request& request, const Caller& caller) { return get(request, caller); });
  routes.add("PUT", "/api/agent-config", {Admission::signed_in, Scope::write},
             [this](const Request& request, const Caller& caller) { return put(request, caller); });
}

AgentPreferences PreferencesHandler::preferences_of(const std::string& owner) {
  if (auto preferences = settings_.find_preferences(owner)) return std::move(*preferences);
  AgentPreferences none;
  none.id = random_id();
  none.user_id = owner;
  return none;
}

Response PreferencesHandler::get(const Request&, const Caller& caller) {
  const auto preferences = preferences_of(caller.account.id);
  auto response = json_response(200, preferences_view(preferences));
  response.set_field("ETag", entity_tag(preferences.generation));
  return response;
}

Response PreferencesHandler::put(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  auto preferences = preferences_of(caller.account.id);
  JsonBody body(request);
  read_preferences(body, preferences);
  const ModelChoices choices(settings_.list_providers(caller.account.id), preferences.provider_id,
                             secrets_);
  judge_models(body, preferences, choices);
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto effects = preview_.of_preferences(preferences);
  if (dry_run) return json_response(200, Json{{"affects", to_json(effects)}});
  const auto outcome = settings_.put_preferences(preferences, std::get<IfGeneration>(seen));
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "agent-config.update", "user/" + caller.account.id);
  const auto written = preferences_of(caller.account.id);
  auto view = preferences_view(written);
  view["effects"] = to_json(effects);
  auto response = json_response(200, view);
  response.set_field("ETag", entity_tag(written.generation));
  return response;
}

}  // namespace mosaic
