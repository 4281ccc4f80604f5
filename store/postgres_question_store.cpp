#include "store/postgres_question_store.hpp"

#include <utility>

#include "store/column_reader.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

std::string seconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

AgentUsage usage_from(const pqxx::row& row) {
  RowReader column(row);
  AgentUsage usage;
  const auto kind = parse_resource_kind(column.text()).value_or(ResourceKind::orphan);
  usage.agent = ResourceKey(kind, column.text());
  usage.owner = column.text();
  usage.memory_bytes = column.number().value_or(0);
  usage.memory_limit_bytes = column.number().value_or(0);
  usage.cpu_milli = column.number();
  usage.processes = column.number().value_or(0);
  usage.sampled_at = column.time_or_epoch();
  return usage;
}

// One array for each column: any number of rows is one statement.
std::vector<Parameter> usage_columns(const std::vector<AgentUsage>& measured, Term term) {
  std::vector<std::string> kinds, ids, memory, limits, cpu, processes;
  for (const auto& one : measured) {
    kinds.emplace_back(short_name(one.agent.kind));
    ids.push_back(storable_text(one.agent.name));
    memory.push_back(std::to_string(one.memory_bytes));
    limits.push_back(std::to_string(one.memory_limit_bytes));
    cpu.push_back(std::to_string(one.cpu_milli.value_or(-1)));
    processes.push_back(std::to_string(one.processes));
  }
  return {array_literal(kinds),  array_literal(ids), array_literal(memory),
          array_literal(limits), array_literal(cpu), array_literal(processes),
          std::to_string(term)};
}

}  // namespace

void PostgresQuestionStore::want_usage() {
  // Whoever looks does so every second or two; a row that says it already is not written again so soon.
  static constexpr Statement statement{"want_usage", R"(
INSERT INTO "EngineQuestion" ("id", "kind") VALUES ('usage', 'usage')
ON CONFLICT ("id") DO UPDATE SET "askedAt" = (clock_timestamp() AT TIME ZONE 'UTC')
WHERE "EngineQuestion"."askedAt" < (clock_timestamp() AT TIME ZONE 'UTC') - interval '5 seconds')"};
  database_.pool().perform("ask for usage", Repeat::safely,
                           [&](Session& session) { session.run(statement); });
}

std::string PostgresQuestionStore::usage_hindrance() {
  static constexpr Statement statement{
      "usage_hindrance", R"(SELECT "answer" FROM "EngineQuestion" WHERE "id" = 'usage')"};
  return database_.pool().perform("read usage", Repeat::safely, [&](Session& session) {
    const auto rows = session.run(statement);
    return rows.empty() ? std::string() : RowReader(rows[0]).text();
  });
}

std::vector<AgentUsage> PostgresQuestionStore::usage() {
  static constexpr Statement statement{"usage", R"(
SELECT u."kind", u."agentId", COALESCE(u."userId", s."name"), u."memoryBytes", u."memoryLimitBytes", u."cpuMilli",
       u."processes", u."sampledAt"
FROM "AgentUsage" u LEFT JOIN "SystemContainer" s ON u."kind" = 'system' AND s."id" = u."agentId"
WHERE u."sampledAt" > (clock_timestamp() AT TIME ZONE 'UTC') - make_interval(secs => $1::int)
ORDER BY u."kind" DESC, u."agentId")"};
  return database_.pool().perform("read usage", Repeat::safely, [&](Session& session) {
    std::vector<AgentUsage> found;
    for (const auto& row : session.run(statement, {seconds(question_life)}))
      found.push_back(usage_from(row));
    return found;
  });
}

std::optional<AgentUsage> PostgresQuestionStore::usage_of(const std::string& account_id) {
  static constexpr Statement statement{"usage_of", R"(
SELECT "kind", "agentId", "userId", "memoryBytes", "memoryLimitBytes", "cpuMilli", "processes", "sampledAt"
FROM "AgentUsage" WHERE "userId" = $1
  AND "sampledAt" > (clock_timestamp() AT TIME ZONE 'UTC') - make_interval(secs => $2::int)
ORDER BY "sampledAt" DESC LIMIT 1)"};
  return database_.pool().perform(
      "read usage", Repeat::safely, [&](Session& session) -> std::optional<AgentUsage> {
        const auto rows = session.run_for(account_id, statement,
                                          {storable_text(account_id), seconds(question_life)});
        if (rows.empty()) return std::nullopt;
        return usage_from(rows[0]);
      });
}

bool PostgresQuestionStore::ask_log(const LogQuestion& question) {
  // A repetition after a lost answer finds the row and writes it as it is.
  static constexpr Statement statement{"ask_log", R"(
INSERT INTO "EngineQuestion" ("id", "kind", "userId", "lines", "after")
SELECT $1::text, 'log', $2::text, $3::int, $4::text
WHERE EXISTS (SELECT FROM "ControllerLease"
              WHERE "holder" <> '' AND "expiresAt" > (clock_timestamp() AT TIME ZONE 'UTC'))
ON CONFLICT ("id") DO UPDATE SET "askedAt" = EXCLUDED."askedAt")"};
  return database_.pool().perform("ask for a log", Repeat::safely, [&](Session& session) {
    return Session::changed_a_row(
        session.run_for(question.account_id, statement,
                        {storable_text(question.id), storable_text(question.account_id),
                         std::to_string(question.lines), storable_text(question.after)}));
  });
}

std::optional<std::string> PostgresQuestionStore::take_log_answer(const std::string& account_id,
                                                                  const std::string& id) {
  static constexpr Statement statement{"take_log_answer", R"(
DELETE FROM "EngineQuestion" WHERE "id" = $1 AND "kind" = 'log' AND "userId" = $2 AND "answer" IS NOT NULL
RETURNING "answer")"};
  // Never twice: an answer that was taken and lost on the way is asked for anew.
  return database_.pool().perform(
      "read a log", Repeat::never, [&](Session& session) -> std::optional<std::string> {
        const auto rows =
            session.run_for(account_id, statement, {storable_text(id), storable_text(account_id)});
        if (rows.empty()) return std::nullopt;
        return RowReader(rows[0]).text();
      });
}

OpenQuestions PostgresQuestionStore::open_questions() {
  static constexpr Statement statement{"open_questions", R"(
SELECT q."kind", q."id", c."containerId", q."lines", q."after"
FROM "EngineQuestion" q LEFT JOIN "UserContainer" c ON q."kind" = 'log' AND c."userId" = q."userId"
WHERE (q."kind" = 'usage' OR q."answer" IS NULL)
  AND q."askedAt" > (clock_timestamp() AT TIME ZONE 'UTC')
                    - make_interval(secs => CASE q."kind" WHEN 'usage' THEN $1::int ELSE $2::int END)
ORDER BY q."kind" DESC, q."askedAt" LIMIT $3)"};
  return database_.pool().perform("read open questions", Repeat::safely, [&](Session& session) {
    OpenQuestions open;
    for (const auto& row : session.run(statement, {seconds(usage_interest), seconds(question_life),
                                                   std::to_string(most_logs + 1)})) {
      RowReader column(row);
      if (column.text() == "usage") {
        open.usage = true;
        continue;
      }
      OpenLogQuestion question;
      question.id = column.text();
      question.container_id = column.text();
      question.lines = static_cast<int>(column.number().value_or(question.lines));
      question.after = column.text();
      if (open.logs.size() < static_cast<std::size_t>(most_logs))
        open.logs.push_back(std::move(question));
    }
    return open;
  });
}

void PostgresQuestionStore::write_usage(const std::vector<AgentUsage>& measured, Term term) {
  static constexpr Statement statement{"write_usage", R"(
INSERT INTO "AgentUsage" ("kind", "agentId", "userId", "memoryBytes", "memoryLimitBytes", "cpuMilli", "processes",
                          "sampledAt")
SELECT m.kind, m.id, (SELECT c."userId" FROM "UserContainer" c WHERE m.kind = 'user' AND c."id" = m.id), m.memory,
       m.most, NULLIF(m.cpu, -1), m.processes, clock_timestamp() AT TIME ZONE 'UTC'
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS m(kind, id, memory, most, cpu, processes)
WHERE (SELECT "term" FROM "ControllerLease") = $7
ON CONFLICT ("kind", "agentId") DO UPDATE SET "userId" = EXCLUDED."userId", "memoryBytes" = EXCLUDED."memoryBytes",
  "memoryLimitBytes" = EXCLUDED."memoryLimitBytes", "cpuMilli" = EXCLUDED."cpuMilli",
  "processes" = EXCLUDED."processes", "sampledAt" = EXCLUDED."sampledAt")"};
  if (measured.empty()) return;
  database_.pool().perform("write usage", Repeat::safely, [&](Session& session) {
    session.run(statement, usage_columns(measured, term));
  });
}

void PostgresQuestionStore::write_usage_hindrance(const std::string& reason, Term term) {
  static constexpr Statement statement{"write_usage_hindrance", R"(
UPDATE "EngineQuestion" SET "answer" = $1
WHERE "id" = 'usage' AND "answer" IS DISTINCT FROM $1 AND (SELECT "term" FROM "ControllerLease") = $2)"};
  database_.pool().perform("write usage", Repeat::safely, [&](Session& session) {
    session.run(statement, {text_parameter(storable_text(reason)), std::to_string(term)});
  });
}

void PostgresQuestionStore::answer_log(const std::string& id, const std::string& sealed,
                                       Term term) {
  static constexpr Statement statement{"answer_log", R"(
UPDATE "EngineQuestion" SET "answer" = $2
WHERE "id" = $1 AND "kind" = 'log' AND (SELECT "term" FROM "ControllerLease") = $3)"};
  database_.pool().perform("answer a log", Repeat::safely, [&](Session& session) {
    session.run(statement, {storable_text(id), storable_text(sealed), std::to_string(term)});
  });
}

void PostgresQuestionStore::forget_old() {
  static constexpr Statement questions{"forget_questions", R"(
DELETE FROM "EngineQuestion" WHERE "askedAt" < (clock_timestamp() AT TIME ZONE 'UTC') - make_interval(secs => $1::int))"};
  static constexpr Statement measured{"forget_usage", R"(
DELETE FROM "AgentUsage" WHERE "sampledAt" < (clock_timestamp() AT TIME ZONE 'UTC') - make_interval(secs => $1::int))"};
  database_.pool().perform("forget questions", Repeat::safely, [&](Session& session) {
    session.run(questions, {seconds(question_life)});
    session.run(measured, {seconds(question_life)});
  });
}

}  // namespace mosaic
