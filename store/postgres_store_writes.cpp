// The writing half of PostgresStore: status (fenced by the leader's term) and desired state.
#include "store/agent_columns.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/postgres_store.hpp"

namespace mosaic {
namespace {

// Two statements, one for each table.
struct StatementPair {
  Statement user;
  Statement system;

  const Statement& of(const ResourceKey& key) const {
    return key.kind == ResourceKind::user_container ? user : system;
  }
};

bool is_agent(const ResourceKey& key) {
  return key.kind != ResourceKind::orphan && is_storable(key.name);
}

// Runs an UPDATE or DELETE of one row; true when there was such a row.
bool change_row(Database& database, std::string_view operation, const Statement& statement,
                const std::vector<Parameter>& parameters) {
  return database.pool().perform(operation, Repeat::safely, [&](Session& session) {
    return Session::changed_a_row(session.run(statement, parameters));
  });
}

// A status is what was observed: were the last ones lost with the server, the next look would write
// them again. So its commit does not wait for the disk. set_config as a condition does that within
// the one statement.
const std::string& fenced() {
  static const std::string condition =
      R"( WHERE "id" = $1 AND (SELECT "term" FROM "ControllerLease") = $22
          AND set_config('synchronous_commit', 'off', true) = 'off')";
  return condition;
}

std::vector<Parameter> with_id(const ResourceKey& key, std::vector<Parameter> parameters) {
  parameters.insert(parameters.begin(), key.name);
  return parameters;
}

}  // namespace

bool PostgresStore::write_status(const ResourceKey& key, const AgentStatus& status, Term term) {
  static const std::string user_sql =
      std::string(R"(UPDATE "UserContainer" SET )") + status_assignments + fenced();
  static const std::string system_sql =
      std::string(R"(UPDATE "SystemContainer" SET )") + status_assignments + fenced();
  static const StatementPair statements{{"write_user_status", user_sql.c_str()},
                                        {"write_system_status", system_sql.c_str()}};
  if (!is_agent(key)) return false;
  return change_row(database_, "write status", statements.of(key),
                    with_id(key, status_parameters(status, term)));
}

bool PostgresStore::write_status_if_idle(const ResourceKey& key, const AgentStatus& status,
                                         std::optional<TimePoint> seen_last_active_at,
                                         std::optional<TimePoint> seen_busy_until, Term term) {
  static const std::string sql = std::string(R"(UPDATE "UserContainer" SET )") +
                                 status_assignments + fenced() +
                                 R"( AND "lastActiveAt" IS NOT DISTINCT FROM $23
                                     AND "busyUntil" IS NOT DISTINCT FROM $24)";
  static const Statement statement{"write_user_status_if_idle", sql.c_str()};
  if (key.kind != ResourceKind::user_container) {
    // System agents have no activity that could have changed.
    return !seen_last_active_at && !seen_busy_until && write_status(key, status, term);
  }
  if (!is_agent(key)) return false;
  auto parameters = with_id(key, status_parameters(status, term));
  parameters.push_back(timestamp_parameter(seen_last_active_at));
  parameters.push_back(timestamp_parameter(seen_busy_until));
  return change_row(database_, "write status", statement, parameters);
}

// Waits for the disk, unlike a status: a container is made with it next.
bool PostgresStore::install_token(const ResourceKey& key, const std::string& token, Term term) {
  static constexpr StatementPair statements{
      {"install_user_token",
       R"(UPDATE "UserContainer" SET "gatewayToken" = "nextGatewayToken", "nextGatewayToken" = NULL
          WHERE "id" = $1 AND "nextGatewayToken" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"},
      {"install_system_token",
       R"(UPDATE "SystemContainer" SET "gatewayToken" = "nextGatewayToken", "nextGatewayToken" = NULL
          WHERE "id" = $1 AND "nextGatewayToken" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "install a gateway token", statements.of(key),
                    {key.name, token, std::to_string(term)});
}

bool PostgresStore::end_move(const ResourceKey& key, const std::string& node, Term term) {
  static constexpr StatementPair statements{
      {"end_user_move",
       R"(UPDATE "UserContainer" SET "moveToNode" = NULL, "moveWithoutState" = FALSE
          WHERE "id" = $1 AND "moveToNode" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"},
      {"end_system_move",
       R"(UPDATE "SystemContainer" SET "moveToNode" = NULL, "moveWithoutState" = FALSE
          WHERE "id" = $1 AND "moveToNode" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "end a move", statements.of(key),
                    {key.name, node, std::to_string(term)});
}

bool PostgresStore::finish_deletion(const ResourceKey& key, std::int64_t generation, Term term) {
  static constexpr StatementPair statements{
      {"finish_user_deletion",
       R"(DELETE FROM "UserContainer" WHERE "id" = $1 AND "deletionRequestedAt" IS NOT NULL
                                  AND "generation" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"},
      {"finish_system_deletion",
       R"(DELETE FROM "SystemContainer" WHERE "id" = $1 AND "deletionRequestedAt" IS NOT NULL
                                    AND "generation" = $2 AND (SELECT "term" FROM "ControllerLease") = $3)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "finish deletion", statements.of(key),
                    {key.name, std::to_string(generation), std::to_string(term)});
}

bool PostgresStore::was_deleted(const ResourceKey& key) {
  static constexpr StatementPair statements{
      {"was_user_deleted", R"(SELECT FROM "AgentTombstone" WHERE "kind" = 'user' AND "id" = $1
                              AND NOT EXISTS (SELECT FROM "UserContainer" WHERE "id" = $1))"},
      {"was_system_deleted", R"(SELECT FROM "AgentTombstone" WHERE "kind" = 'system' AND "id" = $1
                                AND NOT EXISTS (SELECT FROM "SystemContainer" WHERE "id" = $1))"}};
  if (!is_agent(key)) return false;
  return database_.pool().perform("look for a tombstone", Repeat::safely, [&](Session& session) {
    return !session.run(statements.of(key), {key.name}).empty();
  });
}

int PostgresStore::prune_tombstones(TimePoint before) {
  static constexpr Statement statement{"prune_tombstones", R"(
DELETE FROM "AgentTombstone" WHERE ("kind", "id") IN
  (SELECT "kind", "id" FROM "AgentTombstone" WHERE "deletedAt" < $1 LIMIT 5000))"};
  return database_.pool().perform("prune tombstones", Repeat::safely, [&](Session& session) {
    return static_cast<int>(session.run(statement, {timestamp_text(before)}).affected_rows());
  });
}

bool PostgresStore::touch(const ResourceKey& key, TimePoint now) {
  static constexpr Statement statement{
      "touch",
      R"(UPDATE "UserContainer" SET "lastActiveAt" = GREATEST("lastActiveAt", $2) WHERE "id" = $1)"};
  if (!is_agent(key)) return false;
  // A system agent is always on: there is nothing to keep awake.
  if (key.kind != ResourceKind::user_container) return find_agent(key).has_value();
  return change_row(database_, "touch", statement, {key.name, timestamp_text(now)});
}

bool PostgresStore::set_desired_state(const ResourceKey& key, DesiredState state) {
  static constexpr StatementPair statements{
      {"set_user_desired_state",
       R"(UPDATE "UserContainer" SET "desiredState" = $2, "updatedAt" = now() WHERE "id" = $1)"},
      {"set_system_desired_state",
       R"(UPDATE "SystemContainer" SET "desiredState" = $2, "updatedAt" = now() WHERE "id" = $1)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "set desired state", statements.of(key),
                    {key.name, std::string(to_string(state))});
}

bool PostgresStore::request_restart(const ResourceKey& key, TimePoint now) {
  static constexpr StatementPair statements{
      {"request_user_restart",
       R"(UPDATE "UserContainer" SET "restartedAt" = $2, "updatedAt" = now() WHERE "id" = $1)"},
      {"request_system_restart",
       R"(UPDATE "SystemContainer" SET "restartedAt" = $2, "updatedAt" = now() WHERE "id" = $1)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "request restart", statements.of(key),
                    {key.name, timestamp_text(now)});
}

bool PostgresStore::replace_token(const ResourceKey& key, const std::string& token) {
  static constexpr StatementPair statements{
      {"replace_user_token",
       R"(UPDATE "UserContainer" SET "nextGatewayToken" = $2, "updatedAt" = now() WHERE "id" = $1)"},
      {"replace_system_token",
       R"(UPDATE "SystemContainer" SET "nextGatewayToken" = $2, "updatedAt" = now() WHERE "id" = $1)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "replace a gateway token", statements.of(key),
                    {key.name, storable_text(token)});
}

bool PostgresStore::request_move(const ResourceKey& key, const std::string& node,
                                 bool without_state) {
  static constexpr StatementPair statements{
      {"move_user_agent",
       R"(UPDATE "UserContainer" SET "moveToNode" = $2, "moveWithoutState" = $3, "updatedAt" = now()
          WHERE "id" = $1)"},
      {"move_system_agent",
       R"(UPDATE "SystemContainer" SET "moveToNode" = $2, "moveWithoutState" = $3, "updatedAt" = now()
          WHERE "id" = $1)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "ask for a move", statements.of(key),
                    {key.name, storable_text(node), without_state ? "t" : "f"});
}

bool PostgresStore::request_deletion(const ResourceKey& key, bool purge, TimePoint now) {
  // A purge that was asked for stays asked for: the volumes may be gone already.
  static constexpr StatementPair statements{
      {"request_user_deletion",
       R"(UPDATE "UserContainer" SET "deletionRequestedAt" = COALESCE("deletionRequestedAt", $2),
          "purge" = "purge" OR $3, "updatedAt" = now() WHERE "id" = $1)"},
      {"request_system_deletion",
       R"(UPDATE "SystemContainer" SET "deletionRequestedAt" = COALESCE("deletionRequestedAt", $2),
          "purge" = "purge" OR $3, "updatedAt" = now() WHERE "id" = $1)"}};
  if (!is_agent(key)) return false;
  return change_row(database_, "request deletion", statements.of(key),
                    {key.name, timestamp_text(now), purge ? "true" : "false"});
}

void PostgresStore::record_activity(const Activity& activity) {
  static constexpr Statement statement{
      "record_activity",
      "SELECT mosaic_record_activity($1, $2, $3::text[], $4::timestamp(3)[], $5::boolean[])"};
  std::vector<std::string> ids;
  std::vector<std::string> times;
  std::vector<std::string> held;
  const auto add = [&](const std::map<ResourceKey, TimePoint>& agents, const char* are_held) {
    for (const auto& [key, until] : agents) {
      if (key.kind != ResourceKind::user_container || !is_storable(key.name)) continue;
      ids.push_back(key.name);
      times.push_back(timestamp_text(until));
      held.emplace_back(are_held);
    }
  };
  add(activity.held_until, "true");
  add(activity.let_go, "false");
  if (ids.empty()) return;
  database_.pool().perform("record activity", Repeat::safely, [&](Session& session) {
    session.run(statement, {activity.process, timestamp_text(activity.now), array_literal(ids),
                            array_literal(times), array_literal(held)});
  });
}

void PostgresStore::put_setting(const std::string& key, const std::string& value) {
  static constexpr Statement statement{"put_setting", R"(
INSERT INTO "SystemConfig" ("id", "key", "value", "updatedAt")
VALUES (replace(gen_random_uuid()::text, '-', ''), $1, $2, now())
ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "encrypted" = false, "updatedAt" = excluded."updatedAt")"};
  database_.pool().perform("put setting", Repeat::safely, [&](Session& session) {
    session.run(statement, {storable_text(key), storable_text(value)});
  });
}

}  // namespace mosaic
