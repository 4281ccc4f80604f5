// What PostgresAccountStore remembers for a while: texts that may be used once, the audit log, answers to requests that
// may come again.
#include <algorithm>

#include "store/audit_insertion.hpp"
#include "store/column_reader.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/postgres_account_store.hpp"

namespace mosaic {
namespace {

AuditEntry decode_audit(const pqxx::row& row) {
  RowReader columns(row);
  AuditEntry entry;
  entry.id = columns.number().value_or(0);
  entry.at = columns.time_or_epoch();
  entry.actor_id = columns.text();
  entry.actor_name = columns.text();
  entry.via = columns.text();
  entry.action = columns.text();
  entry.target = columns.text();
  entry.outcome = columns.text();
  entry.detail = columns.text();
  entry.remote = columns.text();
  return entry;
}

// Two statements, so that a single actor's entries come from an index of their own.
#define MOSAIC_AUDIT_COLUMNS \
  R"("id", "at", "actorId", "actorName", "via", "action", "target", "outcome", "detail", "remote")"

bool insert_idempotency(Session& session, const IdempotencyRecord& record) {
  // One that has expired is as good as none.
  static constexpr Statement statement{"begin_idempotent", R"(
INSERT INTO "IdempotencyRecord" AS present ("accountId", "key", "fingerprint", "expiresAt") VALUES ($1, $2, $3, $4)
ON CONFLICT ("accountId", "key") DO UPDATE SET "fingerprint" = excluded."fingerprint", "finished" = false,
  "status" = 0, "contentType" = '', "body" = '', "expiresAt" = excluded."expiresAt"
WHERE present."expiresAt" <= clock_timestamp() AT TIME ZONE 'UTC')"};
  return Session::changed_a_row(session.run_for(
      record.account_id, statement,
      {record.account_id, record.key, record.fingerprint, timestamp_text(record.expires_at)}));
}

std::optional<IdempotencyRecord> read_idempotency(Session& session, const std::string& account_id,
                                                  const std::string& key) {
  static constexpr Statement statement{"find_idempotent", R"(
SELECT "accountId", "key", "fingerprint", "finished", "status", "contentType", "body", "expiresAt"
FROM "IdempotencyRecord" WHERE "accountId" = $1 AND "key" = $2)"};
  const auto result = session.run_for(account_id, statement, {account_id, key});
  if (result.empty()) return std::nullopt;
  RowReader columns(result[0]);
  IdempotencyRecord record;
  record.account_id = columns.text();
  record.key = columns.text();
  record.fingerprint = columns.text();
  record.finished = columns.flag();
  record.status = static_cast<int>(columns.number().value_or(0));
  record.content_type = columns.text();
  record.body = columns.text();
  record.expires_at = columns.time_or_epoch();
  return record;
}

}  // namespace

bool PostgresAccountStore::consume_once(const std::string& hash, TimePoint expires_at) {
  static constexpr Statement statement{
      "consume_once",
      R"(INSERT INTO "ConsumedText" ("hash", "expiresAt") VALUES ($1, $2) ON CONFLICT DO NOTHING)"};
  if (!is_storable(hash)) return false;
  // Never repeated: after a lost answer the text counts as used, which is the safe side.
  return database_.pool().perform("use a text once", Repeat::never, [&](Session& session) {
    return Session::changed_a_row(session.run(statement, {hash, timestamp_text(expires_at)}));
  });
}

void PostgresAccountStore::append_audit(const AuditEntry& entry) {
  database_.pool().perform("append to the audit log", Repeat::safely, [&](Session& session) {
    session.run(audit_insertion, audit_parameters(entry));
  });
}

std::vector<AuditEntry> PostgresAccountStore::audit(const AuditQuery& query) {
  static constexpr Statement of_all{"audit", "SELECT " MOSAIC_AUDIT_COLUMNS R"( FROM "AuditEntry"
WHERE "id" < $1 AND starts_with("action", $2) ORDER BY "id" DESC LIMIT $3)"};
  static constexpr Statement of_one{"audit_of", "SELECT " MOSAIC_AUDIT_COLUMNS R"( FROM "AuditEntry"
WHERE "id" < $1 AND starts_with("action", $2) AND "actorId" = $4 ORDER BY "id" DESC LIMIT $3)"};
  constexpr std::int64_t newest = std::numeric_limits<std::int64_t>::max();
  std::vector<Parameter> parameters{std::to_string(query.before_id > 0 ? query.before_id : newest),
                                    storable_text(query.action),
                                    std::to_string(std::clamp(query.limit, 1, 1000))};
  if (!query.actor_id.empty()) parameters.emplace_back(storable_text(query.actor_id));
  return database_.pool().perform("read the audit log", Repeat::safely, [&](Session& session) {
    std::vector<AuditEntry> entries;
    for (const auto& row : session.run(query.actor_id.empty() ? of_all : of_one, parameters))
      entries.push_back(decode_audit(row));
    return entries;
  });
}

IdempotencyBegin PostgresAccountStore::begin_idempotent(IdempotencyRecord& record) {
  record.account_id = storable_text(record.account_id);
  record.key = storable_text(record.key);
  record.fingerprint = storable_text(record.fingerprint);
  const auto begin = [&](Session& session) {
    // The record may be abandoned between the two statements; then the second round finds the place free.
    constexpr int most_rounds = 3;
    for (int round = 0; round < most_rounds; ++round) {
      if (insert_idempotency(session, record)) return IdempotencyBegin::fresh;
      const auto present = read_idempotency(session, record.account_id, record.key);
      if (!present) continue;
      if (present->fingerprint != record.fingerprint) return IdempotencyBegin::other_request;
      record = *present;
      return present->finished ? IdempotencyBegin::finished : IdempotencyBegin::running;
    }
    throw StoreError("the record of a repeated request comes and goes; send the request again");
  };
  // Never repeated: after a lost answer the record would look like another's running request.
  return database_.pool().perform("begin a request once", Repeat::never, begin);
}

void PostgresAccountStore::finish_idempotent(const IdempotencyRecord& record) {
  static constexpr Statement statement{"finish_idempotent", R"(
UPDATE "IdempotencyRecord" SET "finished" = true, "status" = $4, "contentType" = $5, "body" = $6, "expiresAt" = $7
WHERE "accountId" = $1 AND "key" = $2 AND "fingerprint" = $3 AND NOT "finished")"};
  const std::string account_id = storable_text(record.account_id);
  database_.pool().perform("keep an answer", Repeat::safely, [&](Session& session) {
    session.run_for(account_id, statement,
                    {account_id, storable_text(record.key), storable_text(record.fingerprint),
                     std::to_string(record.status), storable_text(record.content_type),
                     storable_text(record.body), timestamp_text(record.expires_at)});
  });
}

void PostgresAccountStore::abandon_idempotent(const std::string& account_id,
                                              const std::string& key) {
  static constexpr Statement statement{
      "abandon_idempotent",
      R"(DELETE FROM "IdempotencyRecord" WHERE "accountId" = $1 AND "key" = $2 AND NOT "finished")"};
  const std::string owner = storable_text(account_id);
  database_.pool().perform("abandon a request", Repeat::safely, [&](Session& session) {
    session.run_for(owner, statement, {owner, storable_text(key)});
  });
}

int PostgresAccountStore::prune_accounts(TimePoint now, TimePoint audit_before) {
  // Each in a bounded piece, so that a neglected table never outlasts the statement time-out.
  static constexpr Statement statement{"prune_accounts", R"(
WITH sessions AS (DELETE FROM "UserSession" WHERE "tokenHash" IN
                    (SELECT "tokenHash" FROM "UserSession" WHERE "expiresAt" <= $1 LIMIT 1000) RETURNING 1),
texts AS (DELETE FROM "ConsumedText" WHERE "hash" IN
            (SELECT "hash" FROM "ConsumedText" WHERE "expiresAt" <= $1 LIMIT 5000) RETURNING 1),
records AS (DELETE FROM "IdempotencyRecord" WHERE ("accountId", "key") IN
              (SELECT "accountId", "key" FROM "IdempotencyRecord" WHERE "expiresAt" <= $1 LIMIT 1000) RETURNING 1),
entries AS (DELETE FROM "AuditEntry" WHERE "id" IN
              (SELECT "id" FROM "AuditEntry" WHERE "at" < $2 LIMIT 5000) RETURNING 1)
SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM texts) + (SELECT count(*) FROM records)
     + (SELECT count(*) FROM entries))"};
  return database_.pool().perform("prune accounts", Repeat::safely, [&](Session& session) {
    const auto result = session.run(statement, {timestamp_text(now), timestamp_text(audit_before)});
    RowReader columns(result[0]);
    return static_cast<int>(columns.number().value_or(0));
  });
}

}  // namespace mosaic
