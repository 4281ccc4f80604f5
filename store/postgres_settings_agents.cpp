// The agents of PostgresSettingsStore: the desired side of their rows.
#include <algorithm>

#include "store/agent_columns.hpp"
#include "store/column_text.hpp"
#include "store/config_source.hpp"
#include "store/connection_pool.hpp"
#include "store/edit_outcome.hpp"
#include "store/postgres_settings_store.hpp"

namespace mosaic {
namespace {

// Two parameters of an optional limit: whether to set it, and to what (NULL: the fleet's default).
void add_limit(std::vector<Parameter>& parameters,
               const std::optional<std::optional<std::int64_t>>& limit) {
  parameters.emplace_back(limit ? "true" : "false");
  parameters.push_back(limit ? number_parameter(*limit) : std::nullopt);
}

// NULL leaves the column, an empty text makes it NULL.
Parameter replacing(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return storable_text(*text);
}

Parameter flag_parameter(const std::optional<bool>& flag) {
  if (!flag) return std::nullopt;
  return *flag ? "true" : "false";
}

std::vector<AgentRow> decode_agents(const pqxx::result& result) {
  std::vector<AgentRow> rows;
  for (const auto& row : result) rows.push_back(decode_agent(row));
  return rows;
}

}  // namespace

std::optional<AgentRow> PostgresSettingsStore::find_user_agent(const std::string& owner) {
  static const std::string sql =
      std::string("SELECT ") + user_agent_columns + R"( FROM "UserContainer" WHERE "userId" = $1)";
  static const Statement statement{"find_user_agent_of", sql.c_str()};
  if (!is_storable(owner)) return std::nullopt;
  return database_.pool().perform("find user agent", Repeat::safely,
                                  [&](Session& session) -> std::optional<AgentRow> {
                                    const auto result = session.run_for(owner, statement, {owner});
                                    if (result.empty()) return std::nullopt;
                                    return decode_agent(result[0]);
                                  });
}

WriteOutcome PostgresSettingsStore::create_user_agent(const NewUserContainer& agent) {
  static constexpr Statement statement{"create_user_agent", R"(
INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "idleTimeoutMin", "desiredState", "image",
  "memoryMb", "cpuMilli", "updatedAt")
VALUES ($1, $2, $3, $4, COALESCE($5, 30), $6, $7, $8, $9, now()) ON CONFLICT DO NOTHING)"};
  const Parameter idle =
      agent.idle_timeout_min ? Parameter(std::to_string(*agent.idle_timeout_min)) : std::nullopt;
  const std::string owner = storable_text(agent.user_id);
  // Nothing is created twice: after a lost answer the repetition would look like a clash.
  return database_.pool().perform("create user agent", Repeat::never, [&](Session& session) {
    const auto result = session.run_for(
        owner, statement,
        {storable_text(agent.id), owner, storable_text(agent.container_name),
         storable_text(agent.gateway_token), idle,
         std::string(to_string(agent.options.desired_state)), text_parameter(agent.options.image),
         number_parameter(agent.options.memory_mb), number_parameter(agent.options.cpu_milli)});
    return Session::changed_a_row(result) ? WriteOutcome::done : WriteOutcome::taken;
  });
}

WriteOutcome PostgresSettingsStore::update_user_agent(const std::string& owner,
                                                      const std::string& id,
                                                      const UserAgentChange& change,
                                                      IfGeneration if_generation) {
  static constexpr Statement statement{"update_user_agent", R"(
WITH changed AS (
  UPDATE "UserContainer" SET "idleTimeoutMin" = COALESCE($3, "idleTimeoutMin"),
    "desiredState" = COALESCE($4, "desiredState"),
    "image" = CASE WHEN $5::text IS NULL THEN "image" ELSE NULLIF($5, '') END,
    "memoryMb" = CASE WHEN $6::boolean THEN $7 ELSE "memoryMb" END,
    "cpuMilli" = CASE WHEN $8::boolean THEN $9 ELSE "cpuMilli" END, "updatedAt" = now()
  WHERE "id" = $1 AND "userId" = $10 AND ($2::bigint IS NULL OR "generation" = $2) RETURNING 1)
SELECT (SELECT count(*) FROM "UserContainer" WHERE "id" = $1 AND "userId" = $10), (SELECT count(*) FROM changed))"};
  if (!is_storable(owner) || !is_storable(id)) return WriteOutcome::not_found;
  std::vector<Parameter> parameters{id, number_parameter(if_generation)};
  parameters.push_back(change.idle_timeout_min ? Parameter(std::to_string(*change.idle_timeout_min))
                                               : std::nullopt);
  parameters.push_back(change.desired_state ? Parameter(to_string(*change.desired_state))
                                            : std::nullopt);
  parameters.push_back(replacing(change.image));
  add_limit(parameters, change.memory_mb);
  add_limit(parameters, change.cpu_milli);
  parameters.emplace_back(owner);
  return database_.pool().perform(
      "update user agent", repeat_of(if_generation), [&](Session& session) {
        return edit_outcome(session.run_for(owner, statement, parameters));
      });
}

bool PostgresSettingsStore::change_user_agent(const std::string& owner, const Statement& statement,
                                              const std::string& value) {
  if (!is_storable(owner)) return false;
  return database_.pool().perform("change user agent", Repeat::safely, [&](Session& session) {
    return Session::changed_a_row(session.run_for(owner, statement, {owner, value}));
  });
}

bool PostgresSettingsStore::touch_user_agent(const std::string& owner, TimePoint now) {
  static constexpr Statement statement{
      "touch_user_agent",
      R"(UPDATE "UserContainer" SET "lastActiveAt" = GREATEST("lastActiveAt", $2) WHERE "userId" = $1)"};
  return change_user_agent(owner, statement, timestamp_text(now));
}

bool PostgresSettingsStore::set_user_agent_state(const std::string& owner, DesiredState state) {
  static constexpr Statement statement{
      "set_user_agent_state",
      R"(UPDATE "UserContainer" SET "desiredState" = $2, "updatedAt" = now() WHERE "userId" = $1)"};
  return change_user_agent(owner, statement, std::string(to_string(state)));
}

bool PostgresSettingsStore::restart_user_agent(const std::string& owner, TimePoint now) {
  static constexpr Statement statement{
      "restart_user_agent",
      R"(UPDATE "UserContainer" SET "restartedAt" = $2, "updatedAt" = now() WHERE "userId" = $1)"};
  return change_user_agent(owner, statement, timestamp_text(now));
}

bool PostgresSettingsStore::replace_user_agent_token(const std::string& owner,
                                                     const std::string& token) {
  static constexpr Statement statement{
      "replace_user_agent_token",
      R"(UPDATE "UserContainer" SET "nextGatewayToken" = $2, "updatedAt" = now() WHERE "userId" = $1)"};
  return change_user_agent(owner, statement, storable_text(token));
}

std::optional<AgentConfigSource> PostgresSettingsStore::find_config_source(const std::string& owner,
                                                                           const ResourceKey& key) {
  const bool possible = key.kind == ResourceKind::user_container && is_storable(key.name);
  if (!possible || !is_storable(owner)) return std::nullopt;
  return database_.pool().perform(
      "find configuration", Repeat::safely,
      [&](Session& session) -> std::optional<AgentConfigSource> {
        auto source = decode_config_source(
            key, session.run_for(owner, config_source_statement(key.kind), {key.name}));
        if (source && source->owner != owner) return std::nullopt;
        return source;
      });
}

WriteOutcome PostgresSettingsStore::create_system_agent(const NewSystemContainer& agent) {
  static constexpr Statement statement{"create_system_agent", R"(
INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "providerId", "isActive",
  "desiredState", "image", "memoryMb", "cpuMilli", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now()) ON CONFLICT DO NOTHING)"};
  return database_.pool().perform("create system agent", Repeat::never, [&](Session& session) {
    const auto result = session.run(
        statement,
        {storable_text(agent.id), storable_text(agent.name), storable_text(agent.role),
         storable_text(agent.gateway_token), storable_text(agent.primary_model),
         text_parameter(agent.provider_id), agent.active ? "true" : "false",
         std::string(to_string(agent.options.desired_state)), text_parameter(agent.options.image),
         number_parameter(agent.options.memory_mb), number_parameter(agent.options.cpu_milli)});
    return Session::changed_a_row(result) ? WriteOutcome::done : WriteOutcome::taken;
  });
}

WriteOutcome PostgresSettingsStore::update_system_agent(const std::string& id,
                                                        const SystemAgentChange& change,
                                                        IfGeneration if_generation) {
  static constexpr Statement statement{"update_system_agent", R"(
WITH changed AS (
  UPDATE "SystemContainer" SET "role" = COALESCE($3, "role"), "primaryModel" = COALESCE($4, "primaryModel"),
    "providerId" = CASE WHEN $5::text IS NULL THEN "providerId" ELSE NULLIF($5, '') END,
    "isActive" = COALESCE($6, "isActive"),
    "image" = CASE WHEN $7::text IS NULL THEN "image" ELSE NULLIF($7, '') END,
    "memoryMb" = CASE WHEN $8::boolean THEN $9 ELSE "memoryMb" END,
    "cpuMilli" = CASE WHEN $10::boolean THEN $11 ELSE "cpuMilli" END, "updatedAt" = now()
  WHERE "id" = $1 AND ($2::bigint IS NULL OR "generation" = $2) RETURNING 1)
SELECT (SELECT count(*) FROM "SystemContainer" WHERE "id" = $1), (SELECT count(*) FROM changed))"};
  if (!is_storable(id)) return WriteOutcome::not_found;
  std::vector<Parameter> parameters{id, number_parameter(if_generation)};
  parameters.push_back(replacing(change.role));
  parameters.push_back(replacing(change.primary_model));
  parameters.push_back(replacing(change.provider_id));
  parameters.push_back(flag_parameter(change.active));
  parameters.push_back(replacing(change.image));
  add_limit(parameters, change.memory_mb);
  add_limit(parameters, change.cpu_milli);
  return database_.pool().perform(
      "update system agent", repeat_of(if_generation),
      [&](Session& session) { return edit_outcome(session.run(statement, parameters)); });
}

std::vector<AgentRow> PostgresSettingsStore::list_agents(const AgentListQuery& query) {
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
    return decode_agents(
        session.run(statement, {storable_text(query.after_id), phase, text_parameter(query.owner),
                                std::to_string(std::clamp(query.limit, 1, 1000))}));
  });
}

int PostgresSettingsStore::stop_all(ResourceKind kind) {
  // Rows are locked in the order of their ids, as by every statement that changes several of them.
  static constexpr Statement of_users{"stop_all_users", R"(
UPDATE "UserContainer" agent SET "desiredState" = 'stopped', "updatedAt" = now()
FROM (SELECT "id" FROM "UserContainer" WHERE "desiredState" <> 'stopped' ORDER BY "id" FOR NO KEY UPDATE) awake
WHERE agent."id" = awake."id" AND agent."desiredState" <> 'stopped')"};
  static constexpr Statement of_system{"stop_all_system", R"(
UPDATE "SystemContainer" agent SET "desiredState" = 'stopped', "updatedAt" = now()
FROM (SELECT "id" FROM "SystemContainer" WHERE "desiredState" <> 'stopped' ORDER BY "id" FOR NO KEY UPDATE) awake
WHERE agent."id" = awake."id" AND agent."desiredState" <> 'stopped')"};
  if (kind == ResourceKind::orphan) return 0;
  return database_.pool().perform("stop all agents", Repeat::safely, [&](Session& session) {
    const auto result = session.run(kind == ResourceKind::system_container ? of_system : of_users);
    return static_cast<int>(result.affected_rows());
  });
}

}  // namespace mosaic
