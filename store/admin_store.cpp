#include "store/admin_store.hpp"

#include <algorithm>

#include "store/agent_columns.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

bool run_changing(Database& database, std::string_view operation, const Statement& statement,
                  const std::vector<Parameter>& parameters) {
  // Nothing here is repeated: after a lost connection an insertion that happened would look like a
  // clash.
  return database.pool().perform(operation, Repeat::never, [&](Session& session) {
    return Session::changed_a_row(session.run(statement, parameters));
  });
}

std::vector<Parameter> provider_parameters(const ProviderRow& provider) {
  const std::string models = provider.models_json.empty() ? "[]" : provider.models_json;
  return {provider.id,
          storable_text(provider.name),
          storable_text(provider.display_name),
          storable_text(provider.type),
          text_parameter(provider.base_url),
          text_parameter(provider.api_key),
          provider.api_type.empty() ? "openai-completions" : storable_text(provider.api_type),
          storable_text(models),
          provider.active ? "true" : "false"};
}

std::string field_text(const pqxx::field& field) {
  return field.is_null() ? std::string() : field.c_str();
}

std::optional<ResourceKey> find_key(Database& database, const Statement& statement,
                                    ResourceKind kind, const std::string& name) {
  if (!is_storable(name)) return std::nullopt;
  return database.pool().perform("find agent", Repeat::safely,
                                 [&](Session& session) -> std::optional<ResourceKey> {
                                   const auto result = session.run(statement, {name});
                                   if (result.empty()) return std::nullopt;
                                   return ResourceKey(kind, result[0][0].c_str());
                                 });
}

}  // namespace

AdminStore::AdminStore(Database& database) : database_(database) {}

BreakglassResult AdminStore::upsert_breakglass(const std::string& id, const std::string& username,
                                               const std::string& password_hash) {
  static constexpr Statement statement{"upsert_breakglass", R"(
INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "updatedAt") VALUES ($1, $2, $3, now())
ON CONFLICT ("username") DO UPDATE SET "passwordHash" = excluded."passwordHash", "isActive" = true,
  "updatedAt" = excluded."updatedAt"
RETURNING "id", "id" = $1)"};
  return database_.pool().perform(
      "store the breakglass user", Repeat::safely, [&](Session& session) {
        const auto result =
            session.run(statement, {storable_text(id), storable_text(username), password_hash});
        return BreakglassResult{result[0][0].c_str(), result[0][1].c_str()[0] == 't'};
      });
}

std::vector<BreakglassUser> AdminStore::list_breakglass() {
  static constexpr Statement statement{
      "list_breakglass",
      R"(SELECT "id", "username", "isActive" FROM "BreakglassUser" ORDER BY "username" LIMIT 1000)"};
  return database_.pool().perform("list breakglass users", Repeat::safely, [&](Session& session) {
    std::vector<BreakglassUser> users;
    for (const auto& row : session.run(statement)) {
      users.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str()[0] == 't'});
    }
    return users;
  });
}

std::string AdminStore::store_key_check_once(const std::string& value) {
  // Two processes that start at the same time agree on the first one's.
  static constexpr Statement statement{
      "store_key_check",
      R"(UPDATE "mosaic_instance" SET "keyCheck" = COALESCE("keyCheck", $1) RETURNING "keyCheck")"};
  return database_.pool().perform("store the key check", Repeat::safely, [&](Session& session) {
    const auto result = session.run(statement, {storable_text(value)});
    if (result.empty())
      throw StoreError("the database has lost its instance row; restore it from a backup");
    return std::string(result[0][0].c_str());
  });
}

std::optional<std::string> AdminStore::key_check() {
  static constexpr Statement statement{"key_check", R"(SELECT "keyCheck" FROM "mosaic_instance")"};
  return database_.pool().perform("read the key check", Repeat::safely,
                                  [&](Session& session) -> std::optional<std::string> {
                                    const auto result = session.run(statement);
                                    if (result.empty() || result[0][0].is_null())
                                      return std::nullopt;
                                    return std::string(result[0][0].c_str());
                                  });
}

bool AdminStore::create_user_container(const NewUserContainer& agent) {
  static constexpr Statement statement{"create_user_container", R"(
INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "idleTimeoutMin", "desiredState", "image",
  "memoryMb", "cpuMilli", "updatedAt")
VALUES ($1, $2, $3, $4, COALESCE($5, 30), $6, $7, $8, $9, now()) ON CONFLICT DO NOTHING)"};
  const Parameter idle =
      agent.idle_timeout_min ? Parameter(std::to_string(*agent.idle_timeout_min)) : std::nullopt;
  return run_changing(
      database_, "create user container", statement,
      {storable_text(agent.id), storable_text(agent.user_id), storable_text(agent.container_name),
       storable_text(agent.gateway_token), idle,
       std::string(to_string(agent.options.desired_state)), text_parameter(agent.options.image),
       number_parameter(agent.options.memory_mb), number_parameter(agent.options.cpu_milli)});
}

bool AdminStore::create_system_container(const NewSystemContainer& agent) {
  static constexpr Statement statement{"create_system_container", R"(
INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "providerId", "isActive",
  "desiredState", "image", "memoryMb", "cpuMilli", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now()) ON CONFLICT DO NOTHING)"};
  return run_changing(
      database_, "create system container", statement,
      {storable_text(agent.id), storable_text(agent.name), storable_text(agent.role),
       storable_text(agent.gateway_token), storable_text(agent.primary_model),
       text_parameter(agent.provider_id), agent.active ? "true" : "false",
       std::string(to_string(agent.options.desired_state)), text_parameter(agent.options.image),
       number_parameter(agent.options.memory_mb), number_parameter(agent.options.cpu_milli)});
}

bool AdminStore::create_provider(const ProviderRow& provider) {
  static constexpr Statement statement{"create_provider", R"(
INSERT INTO "LlmProvider" ("id", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive",
  "userId", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now()) ON CONFLICT DO NOTHING)"};
  auto parameters = provider_parameters(provider);
  parameters.emplace_back(storable_text(provider.owner));
  return run_changing(database_, "create provider", statement, parameters);
}

bool AdminStore::update_provider(const ProviderRow& provider) {
  static constexpr Statement statement{"update_provider", R"(
UPDATE "LlmProvider" SET "name" = $2, "displayName" = $3, "type" = $4, "baseUrl" = $5, "apiKey" = $6, "apiType" = $7,
  "models" = $8, "isActive" = $9, "updatedAt" = now() WHERE "id" = $1)"};
  return run_changing(database_, "update provider", statement, provider_parameters(provider));
}

bool AdminStore::delete_provider(const std::string& id) {
  static constexpr Statement statement{"delete_provider",
                                       R"(DELETE FROM "LlmProvider" WHERE "id" = $1)"};
  return is_storable(id) && run_changing(database_, "delete provider", statement, {id});
}

void AdminStore::put_agent_config(const AgentPreferences& preferences) {
  static constexpr Statement statement{"put_agent_config", R"(
INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "fallbackModels", "personality", "providerId", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6, now())
ON CONFLICT ("userId") DO UPDATE SET "primaryModel" = excluded."primaryModel",
  "fallbackModels" = excluded."fallbackModels", "personality" = excluded."personality",
  "providerId" = excluded."providerId", "updatedAt" = excluded."updatedAt")"};
  database_.pool().perform("store agent configuration", Repeat::safely, [&](Session& session) {
    session.run(
        statement,
        {storable_text(preferences.id), storable_text(preferences.user_id),
         text_parameter(preferences.primary_model), strings_json(preferences.fallback_models),
         text_parameter(preferences.personality), text_parameter(preferences.provider_id)});
  });
}

bool AdminStore::set_system_model(const std::string& id, const std::string& primary_model,
                                  const std::string& provider_id) {
  static constexpr Statement statement{"set_system_model", R"(
UPDATE "SystemContainer" SET "primaryModel" = $2, "providerId" = $3, "updatedAt" = now() WHERE "id" = $1)"};
  return is_storable(id) &&
         run_changing(database_, "set the system agent's model", statement,
                      {id, storable_text(primary_model), text_parameter(provider_id)});
}

std::vector<AgentRow> AdminStore::list_agents(const AgentListQuery& query) {
  static const auto sql_for = [](const char* columns, const char* table, const char* owner) {
    return std::string("SELECT ") + columns + " FROM " + table +
           R"( WHERE "id" > $1 AND ($2::text IS NULL OR "phase" = $2)
      AND ($3::text IS NULL OR )" +
           owner + R"( = $3) ORDER BY "id" LIMIT $4)";
  };
  static const std::string user_sql =
      sql_for(user_agent_columns, R"("UserContainer")", R"("userId")");
  static const std::string system_sql =
      sql_for(system_agent_columns, R"("SystemContainer")", R"("name")");
  const Statement statement = query.kind == ResourceKind::system_container
                                  ? Statement{"list_system_agents", system_sql.c_str()}
                                  : Statement{"list_user_agents", user_sql.c_str()};
  const Parameter phase = query.phase ? Parameter(to_string(*query.phase)) : std::nullopt;
  return database_.pool().perform("list agents", Repeat::safely, [&](Session& session) {
    std::vector<AgentRow> rows;
    for (const auto& row :
         session.run(statement, {storable_text(query.after_id), phase, text_parameter(query.owner),
                                 std::to_string(std::clamp(query.limit, 1, 1000))})) {
      rows.push_back(decode_agent(row));
    }
    return rows;
  });
}

std::vector<ProviderRow> AdminStore::list_providers(const std::string& owner) {
  static constexpr Statement statement{"list_providers", R"(
SELECT "id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive"
FROM "LlmProvider" WHERE $1::text IS NULL OR "userId" = $1 ORDER BY "userId", "name" LIMIT 1000)"};
  return database_.pool().perform("list providers", Repeat::safely, [&](Session& session) {
    std::vector<ProviderRow> providers;
    for (const auto& row : session.run(statement, {text_parameter(owner)})) {
      providers.push_back({field_text(row[0]), field_text(row[1]), field_text(row[2]),
                           field_text(row[3]), field_text(row[4]), field_text(row[5]),
                           field_text(row[6]), field_text(row[7]), field_text(row[8]),
                           row[9].c_str()[0] == 't'});
    }
    return providers;
  });
}

std::optional<ResourceKey> AdminStore::find_user_container(const std::string& user_id) {
  static constexpr Statement statement{"find_user_container",
                                       R"(SELECT "id" FROM "UserContainer" WHERE "userId" = $1)"};
  return find_key(database_, statement, ResourceKind::user_container, user_id);
}

std::optional<ResourceKey> AdminStore::find_system_container(const std::string& name) {
  static constexpr Statement statement{"find_system_container",
                                       R"(SELECT "id" FROM "SystemContainer" WHERE "name" = $1)"};
  return find_key(database_, statement, ResourceKind::system_container, name);
}

}  // namespace mosaic
