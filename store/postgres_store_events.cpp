// The event log of PostgresStore.
#include <algorithm>

#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/postgres_store.hpp"

namespace mosaic {
namespace {

std::string_view severity_word(EventSeverity severity) {
  return severity == EventSeverity::warning ? "warning" : "normal";
}

std::int64_t number(const pqxx::field& field) { return std::strtoll(field.c_str(), nullptr, 10); }

Event decode_event(const pqxx::row& row) {
  Event event;
  event.id = number(row[0]);
  event.at = parse_timestamp(row[1].c_str()).value_or(TimePoint{});
  event.key = ResourceKey(parse_resource_kind(row[2].c_str()).value_or(ResourceKind::orphan),
                          row[3].c_str());
  event.severity = row[4].c_str() == severity_word(EventSeverity::warning) ? EventSeverity::warning
                                                                           : EventSeverity::normal;
  event.reason = row[5].c_str();
  event.message = row[6].c_str();
  event.count = static_cast<int>(number(row[7]));
  return event;
}

}  // namespace

void PostgresStore::append_event(const Event& event) {
  // Like a status, an event may be lost with a crashing server, so its commit does not wait for the
  // disk.
  static constexpr Statement statement{"append_event", R"(
WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS "mode"),
newest AS (SELECT "id", "reason", "message" FROM "AgentEvent"
           WHERE "kind" = $2 AND "agentId" = $3 ORDER BY "id" DESC LIMIT 1),
raised AS (UPDATE "AgentEvent" event SET "count" = event."count" + $7, "at" = $1, "severity" = $4
           FROM newest WHERE (SELECT "mode" FROM relaxed) = 'off' AND event."id" = newest."id"
             AND newest."reason" = $5 AND newest."message" = $6 RETURNING 1)
INSERT INTO "AgentEvent" ("at", "kind", "agentId", "severity", "reason", "message", "count")
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT "mode" FROM relaxed) = 'off' AND NOT EXISTS (SELECT FROM raised))"};
  database_.pool().perform("append event", Repeat::safely, [&](Session& session) {
    session.run(statement, {timestamp_text(event.at), std::string(short_name(event.key.kind)),
                            storable_text(event.key.name),
                            std::string(severity_word(event.severity)), storable_text(event.reason),
                            storable_text(event.message), std::to_string(event.count)});
  });
}

std::vector<Event> PostgresStore::events(const EventQuery& query) {
  static constexpr Statement of_all{"events", R"(
SELECT "id", "at", "kind", "agentId", "severity", "reason", "message", "count" FROM "AgentEvent"
WHERE "id" > $1 AND "id" < $3 ORDER BY "at" DESC, "id" DESC LIMIT $2)"};
  // One agent's events are written one after the other, and only the last one's time moves: by id is by time.
  static constexpr Statement of_one{"agent_events", R"(
SELECT "id", "at", "kind", "agentId", "severity", "reason", "message", "count" FROM "AgentEvent"
WHERE "id" > $1 AND "id" < $3 AND "kind" = $4 AND "agentId" = $5 ORDER BY "id" DESC LIMIT $2)"};
  const auto before = query.before_id > 0 ? query.before_id : INT64_MAX;
  std::vector<Parameter> parameters{std::to_string(query.after_id),
                                    std::to_string(std::clamp(query.limit, 1, 1000)),
                                    std::to_string(before)};
  if (query.key) {
    parameters.emplace_back(short_name(query.key->kind));
    parameters.emplace_back(storable_text(query.key->name));
  }
  return database_.pool().perform("read events", Repeat::safely, [&](Session& session) {
    std::vector<Event> events;
    for (const auto& row : session.run(query.key ? of_one : of_all, parameters))
      events.push_back(decode_event(row));
    return events;
  });
}

int PostgresStore::prune_events(int keep, TimePoint before) {
  static constexpr Statement statement{"prune_events", R"(
DELETE FROM "AgentEvent" WHERE "at" < $2 OR "id" IN (
  SELECT "id" FROM (SELECT "id", row_number() OVER (PARTITION BY "kind", "agentId" ORDER BY "id" DESC) AS "place"
                    FROM "AgentEvent") numbered WHERE "place" > $1))"};
  return database_.pool().perform("prune events", Repeat::safely, [&](Session& session) {
    return static_cast<int>(
        session.run(statement, {std::to_string(keep), timestamp_text(before)}).affected_rows());
  });
}

}  // namespace mosaic
