// Providers, preferences, plain settings and breakglass users of PostgresSettingsStore.
#include "store/postgres_settings_store.hpp"

#include "store/column_reader.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/edit_outcome.hpp"

namespace mosaic {
namespace {

ProviderRow decode_provider(const pqxx::row& row) {
  RowReader columns(row);
  ProviderRow provider;
  provider.id = columns.text();
  provider.owner = columns.text();
  provider.name = columns.text();
  provider.display_name = columns.text();
  provider.type = columns.text();
  provider.base_url = columns.text();
  provider.api_key = columns.text();
  provider.api_type = columns.text();
  provider.models_json = columns.text();
  provider.active = columns.flag();
  provider.generation = columns.number().value_or(1);
  return provider;
}

// $1 to $10, the owner last.
std::vector<Parameter> provider_parameters(const ProviderRow& provider) {
  const std::string models = provider.models_json.empty() ? "[]" : provider.models_json;
  return {storable_text(provider.id),
          storable_text(provider.name),
          storable_text(provider.display_name),
          storable_text(provider.type),
          text_parameter(provider.base_url),
          text_parameter(provider.api_key),
          provider.api_type.empty() ? "openai-completions" : storable_text(provider.api_type),
          storable_text(models),
          provider.active ? "true" : "false",
          storable_text(provider.owner)};
}

}  // namespace

PostgresSettingsStore::PostgresSettingsStore(Database& database) : database_(database) {}

std::vector<ProviderRow> PostgresSettingsStore::list_providers(const std::string& owner) {
  static constexpr Statement statement{"list_providers", R"(
SELECT "id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive", "generation"
FROM "LlmProvider" WHERE "userId" = $1 ORDER BY "name" COLLATE "C", "id" COLLATE "C" LIMIT 1000)"};
  if (!is_storable(owner)) return {};
  return database_.pool().perform("list providers", Repeat::safely, [&](Session& session) {
    std::vector<ProviderRow> providers;
    for (const auto& row : session.run_for(owner, statement, {owner}))
      providers.push_back(decode_provider(row));
    return providers;
  });
}

std::optional<ProviderRow> PostgresSettingsStore::find_provider(const std::string& owner,
                                                                const std::string& id) {
  static constexpr Statement statement{"find_provider", R"(
SELECT "id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive", "generation"
FROM "LlmProvider" WHERE "id" = $2 AND "userId" = $1)"};
  if (!is_storable(owner) || !is_storable(id)) return std::nullopt;
  return database_.pool().perform(
      "find provider", Repeat::safely, [&](Session& session) -> std::optional<ProviderRow> {
        const auto result = session.run_for(owner, statement, {owner, id});
        if (result.empty()) return std::nullopt;
        return decode_provider(result[0]);
      });
}

WriteOutcome PostgresSettingsStore::create_provider(const ProviderRow& provider) {
  static constexpr Statement statement{"create_provider", R"(
INSERT INTO "LlmProvider" ("id", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive",
  "userId", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now()))"};
  // Nothing is created twice: after a lost answer the repetition would look like a clash.
  return database_.pool().perform("create provider", Repeat::never, [&](Session& session) {
    return unless_taken([&] {
      session.run_for(storable_text(provider.owner), statement, provider_parameters(provider));
      return WriteOutcome::done;
    });
  });
}

WriteOutcome PostgresSettingsStore::update_provider(const ProviderRow& provider,
                                                    IfGeneration if_generation) {
  static constexpr Statement statement{"update_provider", R"(
WITH changed AS (
  UPDATE "LlmProvider" SET "name" = $2, "displayName" = $3, "type" = $4, "baseUrl" = $5, "apiKey" = $6, "apiType" = $7,
    "models" = $8, "isActive" = $9, "updatedAt" = now()
  WHERE "id" = $1 AND "userId" = $10 AND ($11::bigint IS NULL OR "generation" = $11) RETURNING 1)
SELECT (SELECT count(*) FROM "LlmProvider" WHERE "id" = $1 AND "userId" = $10), (SELECT count(*) FROM changed))"};
  if (!is_storable(provider.id) || !is_storable(provider.owner)) return WriteOutcome::not_found;
  auto parameters = provider_parameters(provider);
  parameters.push_back(number_parameter(if_generation));
  return database_.pool().perform(
      "update provider", repeat_of(if_generation), [&](Session& session) {
        return unless_taken(
            [&] { return edit_outcome(session.run_for(provider.owner, statement, parameters)); });
      });
}

WriteOutcome PostgresSettingsStore::delete_provider(const std::string& owner, const std::string& id,
                                                    IfGeneration if_generation) {
  static constexpr Statement statement{"delete_provider", R"(
WITH deleted AS (
  DELETE FROM "LlmProvider" WHERE "id" = $2 AND "userId" = $1 AND ($3::bigint IS NULL OR "generation" = $3) RETURNING 1)
SELECT (SELECT count(*) FROM "LlmProvider" WHERE "id" = $2 AND "userId" = $1), (SELECT count(*) FROM deleted))"};
  if (!is_storable(owner) || !is_storable(id)) return WriteOutcome::not_found;
  return database_.pool().perform("delete provider", Repeat::never, [&](Session& session) {
    return edit_outcome(
        session.run_for(owner, statement, {owner, id, number_parameter(if_generation)}));
  });
}

std::optional<AgentPreferences> PostgresSettingsStore::find_preferences(const std::string& owner) {
  static constexpr Statement statement{"find_preferences", R"(
SELECT "id", "userId", "primaryModel", "fallbackModels", "personality", "providerId", "generation"
FROM "UserAgentConfig" WHERE "userId" = $1)"};
  if (!is_storable(owner)) return std::nullopt;
  return database_.pool().perform("find preferences", Repeat::safely,
                                  [&](Session& session) -> std::optional<AgentPreferences> {
                                    const auto result = session.run_for(owner, statement, {owner});
                                    if (result.empty()) return std::nullopt;
                                    RowReader columns(result[0]);
                                    AgentPreferences preferences;
                                    preferences.id = columns.text();
                                    preferences.user_id = columns.text();
                                    preferences.primary_model = columns.text();
                                    preferences.fallback_models = parse_strings(columns.text());
                                    preferences.personality = columns.text();
                                    preferences.provider_id = columns.text();
                                    preferences.generation = columns.number().value_or(1);
                                    return preferences;
                                  });
}

WriteOutcome PostgresSettingsStore::put_preferences(const AgentPreferences& preferences,
                                                    IfGeneration if_generation) {
  static constexpr Statement statement{"put_preferences", R"(
INSERT INTO "UserAgentConfig" AS present
  ("id", "userId", "primaryModel", "fallbackModels", "personality", "providerId", "updatedAt")
SELECT $1, $2, $3, $4::jsonb, $5, $6, now()
WHERE $7::bigint IS NULL
   OR $7 = COALESCE((SELECT "generation" FROM "UserAgentConfig" WHERE "userId" = $2), 0)
ON CONFLICT ("userId") DO UPDATE SET "primaryModel" = excluded."primaryModel",
  "fallbackModels" = excluded."fallbackModels", "personality" = excluded."personality",
  "providerId" = excluded."providerId", "updatedAt" = excluded."updatedAt"
WHERE $7::bigint IS NULL OR present."generation" = $7)"};
  const std::string owner = storable_text(preferences.user_id);
  const std::vector<Parameter> parameters{storable_text(preferences.id),
                                          owner,
                                          text_parameter(preferences.primary_model),
                                          strings_json(preferences.fallback_models),
                                          text_parameter(preferences.personality),
                                          text_parameter(preferences.provider_id),
                                          number_parameter(if_generation)};
  return database_.pool().perform(
      "store preferences", repeat_of(if_generation), [&](Session& session) {
        return unless_taken([&] {
          return Session::changed_a_row(session.run_for(owner, statement, parameters))
                     ? WriteOutcome::done
                     : WriteOutcome::stale;
        });
      });
}

std::map<std::string, ConfigValue> PostgresSettingsStore::read_config(const std::string& prefix) {
  static constexpr Statement statement{
      "read_config",
      R"(SELECT "key", "value", "encrypted" FROM "SystemConfig" WHERE starts_with("key", $1))"};
  return database_.pool().perform("read settings", Repeat::safely, [&](Session& session) {
    std::map<std::string, ConfigValue> values;
    for (const auto& row : session.run(statement, {storable_text(prefix)})) {
      RowReader columns(row);
      const std::string key = columns.text();
      ConfigValue& value = values[key];
      value.value = columns.text();
      value.encrypted = columns.flag();
    }
    return values;
  });
}

void PostgresSettingsStore::write_config(const std::vector<ConfigChange>& changes) {
  static constexpr Statement statement{"write_config", R"(
WITH removed AS (DELETE FROM "SystemConfig" WHERE "key" = ANY ($1::text[]))
INSERT INTO "SystemConfig" ("id", "key", "value", "encrypted", "updatedAt")
SELECT replace(gen_random_uuid()::text, '-', ''), given.key, given.value, given.encrypted, now()
FROM unnest($2::text[], $3::text[], $4::boolean[]) AS given(key, value, encrypted)
ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "encrypted" = excluded."encrypted",
  "updatedAt" = excluded."updatedAt")"};
  // The last word about a key counts; in the order of keys, so that two such calls never wait for each other in a circle.
  std::map<std::string, std::optional<ConfigValue>> wanted;
  for (const auto& change : changes) wanted[storable_text(change.key)] = change.value;
  std::vector<std::string> removed;
  std::vector<std::string> keys;
  std::vector<std::string> values;
  std::vector<std::string> encrypted;
  for (const auto& [key, value] : wanted) {
    if (!value) {
      removed.push_back(key);
      continue;
    }
    keys.push_back(key);
    values.push_back(storable_text(value->value));
    encrypted.emplace_back(value->encrypted ? "t" : "f");
  }
  if (wanted.empty()) return;
  database_.pool().perform("write settings", Repeat::safely, [&](Session& session) {
    session.run(statement, {array_literal(removed), array_literal(keys), array_literal(values),
                            array_literal(encrypted)});
  });
}

BreakglassResult PostgresSettingsStore::upsert_breakglass(const std::string& id,
                                                          const std::string& username,
                                                          const std::string& password_hash) {
  static constexpr Statement statement{"upsert_breakglass", R"(
WITH written AS (
  INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "updatedAt") VALUES ($1, $2, $3, now())
  ON CONFLICT ("username") DO UPDATE SET "passwordHash" = excluded."passwordHash", "isActive" = true,
    "updatedAt" = excluded."updatedAt"
  RETURNING "id"),
admitted AS (
  UPDATE "FleetUser" account SET "disabled" = false, "grantedRole" = NULL FROM written
  WHERE account."id" = written."id" AND account."source" = 'breakglass')
SELECT "id", "id" = $1 FROM written)"};
  return database_.pool().perform(
      "store the breakglass user", Repeat::safely, [&](Session& session) {
        const auto result = session.run(
            statement, {storable_text(id), storable_text(username), storable_text(password_hash)});
        RowReader columns(result[0]);
        BreakglassResult user;
        user.id = columns.text();
        user.created = columns.flag();
        return user;
      });
}

std::vector<BreakglassUser> PostgresSettingsStore::list_breakglass() {
  static constexpr Statement statement{
      "list_breakglass",
      R"(SELECT "id", "username", "isActive" FROM "BreakglassUser" ORDER BY "username" COLLATE "C" LIMIT 1000)"};
  return database_.pool().perform("list breakglass users", Repeat::safely, [&](Session& session) {
    std::vector<BreakglassUser> users;
    for (const auto& row : session.run(statement)) {
      RowReader columns(row);
      BreakglassUser& user = users.emplace_back();
      user.id = columns.text();
      user.username = columns.text();
      user.active = columns.flag();
    }
    return users;
  });
}

}  // namespace mosaic
