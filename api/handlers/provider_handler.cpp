#include "api/handlers/provider_handler.hpp"

#include <nlohmann/json.hpp>
#include <tuple>

#include "api/entity_tag.hpp"
#include "api/handlers/views.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/write_outcome.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_providers = 50;
constexpr OutcomeTexts texts{.taken = "You have a provider of that name."};

Response with_effects(int status, const ProviderRow& provider,
                      const std::vector<AgentEffect>& effects) {
  auto body = provider_view(provider);
  body["effects"] = to_json(effects);
  auto response = json_response(status, body);
  response.set_field("ETag", entity_tag(provider.generation));
  return response;
}

Response only_affects(const std::vector<AgentEffect>& effects) {
  return json_response(200, Json{{"affects", to_json(effects)}});
}

bool same(const ProviderRow& left, const ProviderRow& right) {
  const auto tied = [](const ProviderRow& row) {
    return std::tie(row.name, row.display_name, row.type, row.base_url, row.api_key, row.api_type,
                    row.models_json, row.active);
  };
  return tied(left) == tied(right);
}

const std::string& id_of(const Request& request) { return request.parameters.at("id"); }

}  // namespace

void ProviderHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule read{Admission::signed_in, Scope::read};
  const AccessRule write{Admission::signed_in, Scope::write};
  const auto add = [&](const char* method, const char* path, AccessRule rule, auto member) {
    routes.add(method, path, rule, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/providers", read, &ProviderHandler::list);
  add("POST", "/api/providers", write, &ProviderHandler::create);
  add("POST", "/api/providers/test", write, &ProviderHandler::test_unsaved);
  add("GET", "/api/providers/{id}", read, &ProviderHandler::get);
  add("PUT", "/api/providers/{id}", write, &ProviderHandler::update);
  add("DELETE", "/api/providers/{id}", write, &ProviderHandler::remove);
  add("POST", "/api/providers/{id}/test", write, &ProviderHandler::test_saved);
  add("GET", "/api/providers/{id}/models", write, &ProviderHandler::models);
}

Response ProviderHandler::list(const Request&, const Caller& caller) {
  auto items = Json::array();
  for (const auto& provider : settings_.list_providers(caller.account.id))
    items.push_back(provider_view(provider));
  return json_response(200, Json{{"items", std::move(items)}});
}

Response ProviderHandler::create(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  JsonBody body(request);
  auto input = read_provider(body, nullptr, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  auto& row = input.row;
  row.id = random_id();
  row.owner = caller.account.id;
  row.generation = 1;
  const auto effects = preview_.of_provider(row.owner, row.id, row);
  if (dry_run) return only_affects(effects);
  if (settings_.list_providers(row.owner).size() >= max_providers) {
    return problem(409, problem_type::refused_by_rule, "You have 50 providers already.",
                   "Delete one that you do not use.");
  }
  if (auto refusal = refusal_of(settings_.create_provider(row), texts)) return std::move(*refusal);
  audit_.note(request, caller, "provider.create", "provider/" + row.id, row.name + ", " + row.type);
  auto response = with_effects(201, row, effects);
  response.set_field("Location", "/api/providers/" + row.id);
  return response;
}

Response ProviderHandler::get(const Request& request, const Caller& caller) {
  const auto provider = settings_.find_provider(caller.account.id, id_of(request));
  if (!provider) return not_found_response();
  auto response = json_response(200, provider_view(*provider));
  response.set_field("ETag", entity_tag(provider->generation));
  return response;
}

Response ProviderHandler::update(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  const auto present = settings_.find_provider(caller.account.id, id_of(request));
  if (!present) return not_found_response();
  JsonBody body(request);
  auto input = read_provider(body, &*present, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  keep_equal(*present, input);
  const auto effects = preview_.of_provider(caller.account.id, present->id, input.row);
  const bool changes = !same(*present, input.row);
  if (dry_run) {
    return json_response(200, Json{{"affects", to_json(effects)}, {"changes", changes}});
  }
  const auto wanted = std::get<IfGeneration>(seen);
  if (!changes && (!wanted || *wanted == present->generation))
    return with_effects(200, *present, effects);
  // Whether the stored key may stay was judged by this very row, so it must still be the same.
  const auto generation = wanted.value_or(present->generation);
  if (auto refusal = refusal_of(settings_.update_provider(input.row, generation), texts))
    return std::move(*refusal);
  audit_.note(request, caller, "provider.update", "provider/" + present->id,
              input.row.name + ", " + input.row.type);
  const auto written = settings_.find_provider(caller.account.id, present->id);
  return written ? with_effects(200, *written, effects) : not_found_response();
}

// What says the same in other bytes stays as it is: the key, which is encrypted anew each time, and the models, whose
// members may stand in another order.
void ProviderHandler::keep_equal(const ProviderRow& present, ProviderInput& input) const {
  if (!input.api_key.empty() && plain_key(present, secrets_) == input.api_key)
    input.row.api_key = present.api_key;
  const auto models = [](const ProviderRow& row) {
    return nlohmann::json::parse(row.models_json, nullptr, false);
  };
  if (models(present) == models(input.row)) input.row.models_json = present.models_json;
}

Response ProviderHandler::remove(const Request& request, const Caller& caller) {
  Query query(request);
  const bool dry_run = query.flag("dryRun");
  if (auto refusal = query.finish()) return std::move(*refusal);
  auto seen = if_match(request);
  if (auto* refusal = std::get_if<Response>(&seen)) return std::move(*refusal);
  const auto present = settings_.find_provider(caller.account.id, id_of(request));
  if (!present) return not_found_response();
  const auto effects = preview_.of_provider(caller.account.id, present->id, std::nullopt);
  if (dry_run) return only_affects(effects);
  const auto outcome =
      settings_.delete_provider(caller.account.id, present->id, std::get<IfGeneration>(seen));
  if (auto refusal = refusal_of(outcome)) return std::move(*refusal);
  audit_.note(request, caller, "provider.delete", "provider/" + present->id, present->name);
  return json_response(200, Json{{"effects", to_json(effects)}});
}

Response ProviderHandler::test_unsaved(const Request& request, const Caller&) {
  JsonBody body(request);
  const auto input = read_unsaved_provider(body, secrets_);
  if (auto refusal = body.finish()) return std::move(*refusal);
  return test_.run(input);
}

Response ProviderHandler::test_saved(const Request& request, const Caller& caller) {
  const auto provider = settings_.find_provider(caller.account.id, id_of(request));
  if (!provider) return not_found_response();
  const auto input = saved_provider(*provider, secrets_);
  if (input.entry.problem) {
    return problem(409, problem_type::agent_not_configured, *input.entry.problem,
                   "Correct this provider first.");
  }
  return test_.run(input);
}

Response ProviderHandler::models(const Request& request, const Caller& caller) {
  const auto provider = settings_.find_provider(caller.account.id, id_of(request));
  if (!provider) return not_found_response();
  const auto input = saved_provider(*provider, secrets_);
  if (input.entry.problem) {
    return problem(409, problem_type::agent_not_configured, *input.entry.problem,
                   "Correct this provider first.");
  }
  return test_.models(input);
}

}  // namespace mosaic
