#include "store/config_source.hpp"

#include "store/column_text.hpp"

namespace mosaic {
namespace {

std::string view_text(const pqxx::field& field) {
  return field.is_null() ? std::string() : field.c_str();
}

ProviderRow decode_provider(const pqxx::row& row, int first) {
  ProviderRow provider;
  const auto text = [&](int offset) { return view_text(row[first + offset]); };
  provider.id = text(0);
  provider.owner = text(1);
  provider.name = text(2);
  provider.display_name = text(3);
  provider.type = text(4);
  provider.base_url = text(5);
  provider.api_key = text(6);
  provider.api_type = text(7);
  provider.models_json = text(8);
  return provider;
}

// One row per provider, so that the agent and its providers come from one snapshot in one round
// trip.
constexpr Statement user_config_source{"user_config_source", R"(
SELECT agent."userId", NULL, agent."gatewayToken", config."primaryModel", config."fallbackModels",
       config."personality", config."providerId",
       agent."configXid"::text || '-' || (SELECT "configXid"::text FROM "mosaic_feed"),
       p."id", p."userId", p."name", p."displayName", p."type", p."baseUrl", p."apiKey", p."apiType", p."models"
FROM "UserContainer" agent
LEFT JOIN "UserAgentConfig" config ON config."userId" = agent."userId"
LEFT JOIN "LlmProvider" p ON p."userId" = agent."userId" AND p."isActive"
WHERE agent."id" = $1
ORDER BY p."name" COLLATE "C", p."id" COLLATE "C")"};

constexpr Statement system_config_source{"system_config_source", R"(
SELECT agent."name", agent."role", agent."gatewayToken", agent."primaryModel", NULL, NULL, agent."providerId",
       agent."configXid"::text || '-' || (SELECT "configXid"::text FROM "mosaic_feed"),
       p."id", p."userId", p."name", p."displayName", p."type", p."baseUrl", p."apiKey", p."apiType", p."models"
FROM "SystemContainer" agent
LEFT JOIN "LlmProvider" p ON p."isActive" AND CASE
  WHEN agent."providerId" IS NULL THEN p."userId" IN (SELECT "id" FROM "BreakglassUser" WHERE "isActive")
  ELSE p."userId" = (SELECT "userId" FROM "LlmProvider" WHERE "id" = agent."providerId") END
WHERE agent."id" = $1
ORDER BY p."name" COLLATE "C", p."id" COLLATE "C")"};

}  // namespace

const Statement& config_source_statement(ResourceKind kind) {
  return kind == ResourceKind::user_container ? user_config_source : system_config_source;
}

std::optional<AgentConfigSource> decode_config_source(const ResourceKey& key,
                                                      const pqxx::result& result) {
  if (result.empty()) return std::nullopt;
  AgentConfigSource source;
  source.key = key;
  source.owner = view_text(result[0][0]);
  source.role = view_text(result[0][1]);
  source.gateway_token = view_text(result[0][2]);
  source.primary_model = view_text(result[0][3]);
  source.fallback_models = parse_strings(view_text(result[0][4]));
  source.personality = view_text(result[0][5]);
  source.provider_id = view_text(result[0][6]);
  source.version = view_text(result[0][7]);
  constexpr int first_provider_column = 8;
  for (const auto& row : result) {
    if (!row[first_provider_column].is_null())
      source.providers.push_back(decode_provider(row, first_provider_column));
  }
  return source;
}

}  // namespace mosaic
