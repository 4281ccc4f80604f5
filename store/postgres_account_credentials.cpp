// Sessions and API tokens of PostgresAccountStore.
#include <algorithm>

#include "store/account_columns.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/postgres_account_store.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_token_name = 200;

constexpr const char* session_columns =
    R"(known."tokenHash", known."accountId", known."createdAt", known."lastSeenAt", known."expiresAt")";
constexpr const char* token_columns =
    R"(known."id", known."accountId", known."name", known."secretHash", known."scopes", known."createdAt",
       known."expiresAt", known."lastUsedAt", known."revokedAt")";

SessionRow decode_session(RowReader& columns) {
  SessionRow session;
  session.token_hash = columns.text();
  session.account_id = columns.text();
  session.created_at = columns.time_or_epoch();
  session.last_seen_at = columns.time_or_epoch();
  session.expires_at = columns.time_or_epoch();
  return session;
}

// A scope that this program does not know makes the token worth nothing, rather than more than was meant.
ApiTokenRow decode_token(RowReader& columns) {
  ApiTokenRow token;
  token.id = columns.text();
  token.account_id = columns.text();
  token.name = columns.text();
  token.secret_hash = columns.text();
  token.scopes = parse_scopes(columns.text()).value_or(Scopes{});
  token.created_at = columns.time_or_epoch();
  token.expires_at = columns.time();
  token.last_used_at = columns.time();
  token.revoked_at = columns.time();
  return token;
}

std::string joined_with_account(const char* columns, const char* table, const char* key) {
  return std::string("SELECT ") + columns + ", " + account_columns + " FROM " + table +
         R"( known JOIN "FleetUser" account ON account."id" = known."accountId" WHERE known.)" +
         key + " = $1";
}

}  // namespace

bool PostgresAccountStore::create_session(const SessionRow& session) {
  // The account is locked for as long as this takes: were it disabled at this moment, either there is no session, or
  // it is among those that end.
  static constexpr Statement statement{"create_session", R"(
INSERT INTO "UserSession" ("tokenHash", "accountId", "createdAt", "lastSeenAt", "expiresAt")
SELECT $1, "id", $3, $4, $5 FROM "FleetUser" WHERE "id" = $2 AND NOT "disabled" FOR SHARE)"};
  if (!is_storable(session.account_id)) return false;
  return database_.pool().perform("begin a session", Repeat::never, [&](Session& connection) {
    return Session::changed_a_row(connection.run(
        statement,
        {storable_text(session.token_hash), session.account_id, timestamp_text(session.created_at),
         timestamp_text(session.last_seen_at), timestamp_text(session.expires_at)}));
  });
}

std::optional<KnownSession> PostgresAccountStore::find_session(const std::string& token_hash) {
  static const std::string sql =
      joined_with_account(session_columns, R"("UserSession")", R"("tokenHash")");
  static const Statement statement{"find_session", sql.c_str()};
  if (!is_storable(token_hash)) return std::nullopt;
  return database_.pool().perform("find session", Repeat::safely,
                                  [&](Session& session) -> std::optional<KnownSession> {
                                    const auto result = session.run(statement, {token_hash});
                                    if (result.empty()) return std::nullopt;
                                    RowReader columns(result[0]);
                                    KnownSession known;
                                    known.session = decode_session(columns);
                                    known.account = decode_account(columns);
                                    return known;
                                  });
}

void PostgresAccountStore::touch_session(const std::string& token_hash, TimePoint now) {
  // A sign of life that a crashing server loses is made up for by the next one.
  static constexpr Statement statement{"touch_session", R"(
UPDATE "UserSession" SET "lastSeenAt" = GREATEST("lastSeenAt", $2)
WHERE "tokenHash" = $1 AND set_config('synchronous_commit', 'off', true) = 'off')"};
  if (!is_storable(token_hash)) return;
  database_.pool().perform("note the session's use", Repeat::safely, [&](Session& session) {
    session.run(statement, {token_hash, timestamp_text(now)});
  });
}

void PostgresAccountStore::delete_session(const std::string& token_hash) {
  static constexpr Statement statement{"delete_session",
                                       R"(DELETE FROM "UserSession" WHERE "tokenHash" = $1)"};
  if (!is_storable(token_hash)) return;
  database_.pool().perform("end session", Repeat::safely,
                           [&](Session& session) { session.run(statement, {token_hash}); });
}

int PostgresAccountStore::delete_sessions(const std::string& account_id) {
  static constexpr Statement statement{"delete_sessions",
                                       R"(DELETE FROM "UserSession" WHERE "accountId" = $1)"};
  if (!is_storable(account_id)) return 0;
  return database_.pool().perform("end sessions", Repeat::safely, [&](Session& session) {
    return static_cast<int>(session.run_for(account_id, statement, {account_id}).affected_rows());
  });
}

void PostgresAccountStore::create_token(const ApiTokenRow& token) {
  static constexpr Statement statement{"create_token", R"(
INSERT INTO "ApiToken" ("id", "accountId", "name", "secretHash", "scopes", "createdAt", "expiresAt")
VALUES ($1, $2, $3, $4, $5, $6, $7))"};
  const std::string owner = storable_text(token.account_id);
  database_.pool().perform("create token", Repeat::never, [&](Session& session) {
    session.run_for(owner, statement,
                    {storable_text(token.id), owner, shown_text(token.name, longest_token_name),
                     storable_text(token.secret_hash), to_string(token.scopes),
                     timestamp_text(token.created_at), timestamp_parameter(token.expires_at)});
  });
}

std::vector<ApiTokenRow> PostgresAccountStore::list_tokens(const std::string& account_id) {
  static const std::string sql = std::string("SELECT ") + token_columns +
                                 R"( FROM "ApiToken" known WHERE known."accountId" = $1
ORDER BY known."createdAt" DESC, known."id" DESC LIMIT 1000)";
  static const Statement statement{"list_tokens", sql.c_str()};
  if (!is_storable(account_id)) return {};
  return database_.pool().perform("list tokens", Repeat::safely, [&](Session& session) {
    std::vector<ApiTokenRow> tokens;
    for (const auto& row : session.run_for(account_id, statement, {account_id})) {
      RowReader columns(row);
      tokens.push_back(decode_token(columns));
    }
    return tokens;
  });
}

std::optional<KnownToken> PostgresAccountStore::find_token(const std::string& id) {
  static const std::string sql = joined_with_account(token_columns, R"("ApiToken")", R"("id")");
  static const Statement statement{"find_token", sql.c_str()};
  if (!is_storable(id)) return std::nullopt;
  return database_.pool().perform("find token", Repeat::safely,
                                  [&](Session& session) -> std::optional<KnownToken> {
                                    const auto result = session.run(statement, {id});
                                    if (result.empty()) return std::nullopt;
                                    RowReader columns(result[0]);
                                    KnownToken known;
                                    known.token = decode_token(columns);
                                    known.account = decode_account(columns);
                                    return known;
                                  });
}

WriteOutcome PostgresAccountStore::revoke_token(const std::string& account_id,
                                                const std::string& id, TimePoint now) {
  static constexpr Statement statement{"revoke_token", R"(
UPDATE "ApiToken" SET "revokedAt" = COALESCE("revokedAt", $3) WHERE "id" = $2 AND "accountId" = $1)"};
  if (!is_storable(account_id) || !is_storable(id)) return WriteOutcome::not_found;
  return database_.pool().perform("revoke token", Repeat::safely, [&](Session& session) {
    const auto result =
        session.run_for(account_id, statement, {account_id, id, timestamp_text(now)});
    return Session::changed_a_row(result) ? WriteOutcome::done : WriteOutcome::not_found;
  });
}

void PostgresAccountStore::note_token_use(const std::vector<std::string>& ids, TimePoint now) {
  static constexpr Statement statement{"note_token_use", R"(
UPDATE "ApiToken" token SET "lastUsedAt" = GREATEST(token."lastUsedAt", $2)
FROM (SELECT "id" FROM "ApiToken" WHERE "id" = ANY ($1::text[]) ORDER BY "id" FOR NO KEY UPDATE) used
WHERE token."id" = used."id" AND set_config('synchronous_commit', 'off', true) = 'off')"};
  std::vector<std::string> storable;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(storable), is_storable);
  if (storable.empty()) return;
  database_.pool().perform("note the tokens' use", Repeat::safely, [&](Session& session) {
    session.run(statement, {array_literal(storable), timestamp_text(now)});
  });
}

}  // namespace mosaic
