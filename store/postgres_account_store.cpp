// Accounts and how people sign in to them; the other files of PostgresAccountStore have their credentials and records.
#include "store/postgres_account_store.hpp"

#include <algorithm>

#include "store/account_columns.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_shown = 200;      // of a name or an e-mail address
constexpr std::size_t longest_identity = 1000;  // OpenID Connect allows 255 for a subject

std::string identity_text(const std::string& text) {
  if (text.size() > longest_identity || !is_storable(text))
    throw StoreError("the identity provider names its users in a way that cannot be stored");
  return text;
}

const std::string& select_account() {
  static const std::string sql =
      std::string("SELECT ") + account_columns + R"( FROM "FleetUser" account)";
  return sql;
}

Account only_account(const pqxx::result& result) {
  RowReader columns(result[0]);
  return decode_account(columns);
}

bool takes_away(const AccountChange& change) {
  return change.granted_role.has_value() || change.disabled == true;
}

// What the rules of update_account look at; the row is locked.
struct HeldAccount {
  std::int64_t generation = 0;
  Role claimed_role = Role::user;
  Role role = Role::user;
  bool disabled = false;
};

std::optional<HeldAccount> hold_account(Session& session, pqxx::work& transaction,
                                        const std::string& id) {
  static constexpr Statement statement{"hold_account", R"(
SELECT "generation", "claimedRole", "role", "disabled" FROM "FleetUser" WHERE "id" = $1 FOR NO KEY UPDATE)"};
  const auto result = session.run(transaction, statement, {id});
  if (result.empty()) return std::nullopt;
  RowReader columns(result[0]);
  HeldAccount held;
  held.generation = columns.number().value_or(0);
  held.claimed_role = parse_role(columns.text()).value_or(Role::user);
  held.role = parse_role(columns.text()).value_or(Role::user);
  held.disabled = columns.flag();
  return held;
}

// The admins who may sign in. All of them are locked, in one order, so that two admins who take each other's role away
// at the same moment wait for one another; the second then finds itself alone.
std::vector<std::string> hold_admins(Session& session, pqxx::work& transaction) {
  static constexpr Statement statement{"hold_admins", R"(
SELECT "id" FROM "FleetUser" WHERE "role" = 'admin' AND NOT "disabled" ORDER BY "id" FOR NO KEY UPDATE)"};
  std::vector<std::string> ids;
  for (const auto& row : session.run(transaction, statement)) ids.emplace_back(row[0].c_str());
  return ids;
}

bool is_admin_after(const HeldAccount& held, const AccountChange& change) {
  Role role = held.role;
  if (change.granted_role) role = change.granted_role->value_or(held.claimed_role);
  return role == Role::admin && !change.disabled.value_or(held.disabled);
}

Parameter flag_parameter(const std::optional<bool>& flag) {
  if (!flag) return std::nullopt;
  return *flag ? "true" : "false";
}

void write_change(Session& session, pqxx::work& transaction, const std::string& id,
                  const AccountChange& change) {
  static constexpr Statement statement{"update_account", R"(
UPDATE "FleetUser" SET "grantedRole" = CASE WHEN $2::boolean THEN $3 ELSE "grantedRole" END,
  "disabled" = COALESCE($4, "disabled"), "agentAllowed" = COALESCE($5, "agentAllowed") WHERE "id" = $1)"};
  const bool sets_role = change.granted_role.has_value();
  Parameter role;
  if (sets_role && *change.granted_role) role = std::string(to_string(**change.granted_role));
  session.run(transaction, statement,
              {id, sets_role ? "true" : "false", role, flag_parameter(change.disabled),
               flag_parameter(change.agent_allowed)});
}

}  // namespace

Account decode_account(RowReader& columns) {
  Account account;
  account.id = columns.text();
  account.source = parse_account_source(columns.text()).value_or(AccountSource::oidc);
  account.issuer = columns.text();
  account.subject = columns.text();
  account.name = columns.text();
  account.email = columns.text();
  account.role = parse_role(columns.text()).value_or(Role::user);
  account.granted_role = parse_role(columns.text());
  account.disabled = columns.flag();
  account.agent_allowed = columns.flag();
  account.generation = columns.number().value_or(1);
  account.created_at = columns.time_or_epoch();
  account.last_sign_in_at = columns.time();
  return account;
}

PostgresAccountStore::PostgresAccountStore(Database& database) : database_(database) {}

std::optional<Account> PostgresAccountStore::find_account(const std::string& id) {
  static const std::string sql = select_account() + R"( WHERE account."id" = $1)";
  static const Statement statement{"find_account", sql.c_str()};
  if (!is_storable(id)) return std::nullopt;
  return database_.pool().perform("find account", Repeat::safely,
                                  [&](Session& session) -> std::optional<Account> {
                                    const auto result = session.run(statement, {id});
                                    if (result.empty()) return std::nullopt;
                                    return only_account(result);
                                  });
}

std::vector<Account> PostgresAccountStore::list_accounts(const AccountQuery& query) {
  static const std::string sql = select_account() + R"(
WHERE account."id" > $1 AND ($2::text IS NULL OR position(lower($2) IN lower(account."name")) > 0
  OR position(lower($2) IN lower(account."email")) > 0 OR position(lower($2) IN lower(account."id")) > 0)
ORDER BY account."id" LIMIT $3)";
  static const Statement statement{"list_accounts", sql.c_str()};
  return database_.pool().perform("list accounts", Repeat::safely, [&](Session& session) {
    std::vector<Account> accounts;
    for (const auto& row :
         session.run(statement, {storable_text(query.after_id), text_parameter(query.search),
                                 std::to_string(std::clamp(query.limit, 1, 1000))})) {
      RowReader columns(row);
      accounts.push_back(decode_account(columns));
    }
    return accounts;
  });
}

WriteOutcome PostgresAccountStore::update_account(const std::string& id,
                                                  const AccountChange& change,
                                                  std::optional<std::int64_t> if_generation) {
  if (!is_storable(id)) return WriteOutcome::not_found;
  const auto work = [&](Session& session) {
    pqxx::work transaction(session.connection());
    std::vector<std::string> admins;
    if (takes_away(change)) admins = hold_admins(session, transaction);
    const auto held = hold_account(session, transaction, id);
    if (!held) return WriteOutcome::not_found;
    if (if_generation && *if_generation != held->generation) return WriteOutcome::stale;
    const bool alone = admins.size() == 1 && admins.front() == id;
    if (alone && !is_admin_after(*held, change)) return WriteOutcome::refused;
    write_change(session, transaction, id, change);
    transaction.commit();
    return WriteOutcome::done;
  };
  // After a lost answer a repetition would find its own write and call it somebody else's.
  return database_.pool().perform("update account", if_generation ? Repeat::never : Repeat::safely,
                                  work);
}

Account PostgresAccountStore::sign_in_breakglass(const BreakglassCredential& user, TimePoint now) {
  static const std::string sql = std::string(R"(
INSERT INTO "FleetUser" AS account ("id", "source", "name", "claimedRole", "createdAt", "lastSignInAt")
VALUES ($1, 'breakglass', $2, 'admin', $3, $3)
ON CONFLICT ("id") DO UPDATE SET
  "name" = CASE WHEN account."disabled" THEN account."name" ELSE excluded."name" END,
  "lastSignInAt" = CASE WHEN account."disabled" THEN account."lastSignInAt" ELSE excluded."lastSignInAt" END
WHERE account."source" = 'breakglass' RETURNING )") +
                                 account_columns;
  static const Statement statement{"sign_in_breakglass", sql.c_str()};
  return database_.pool().perform("sign in", Repeat::safely, [&](Session& session) {
    const auto result = session.run(
        statement,
        {storable_text(user.id), shown_text(user.username, longest_shown), timestamp_text(now)});
    if (result.empty())
      throw StoreError("the breakglass user's id is another account's; make the user anew");
    return only_account(result);
  });
}

Account PostgresAccountStore::sign_in_oidc(const OidcIdentity& identity, TimePoint now) {
  static const std::string sql = std::string(R"(
INSERT INTO "FleetUser" AS account ("id", "source", "issuer", "subject", "name", "email", "claimedRole", "createdAt",
  "lastSignInAt")
VALUES ($1, 'oidc', $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT ("issuer", "subject") DO UPDATE SET
  "name" = CASE WHEN account."disabled" THEN account."name" ELSE excluded."name" END,
  "email" = CASE WHEN account."disabled" THEN account."email" ELSE excluded."email" END,
  "claimedRole" = CASE WHEN account."disabled" THEN account."claimedRole" ELSE excluded."claimedRole" END,
  "lastSignInAt" = CASE WHEN account."disabled" THEN account."lastSignInAt" ELSE excluded."lastSignInAt" END
RETURNING )") + account_columns;
  static const Statement statement{"sign_in_oidc", sql.c_str()};
  return database_.pool().perform("sign in", Repeat::safely, [&](Session& session) {
    return only_account(session.run(
        statement, {storable_text(identity.new_id), identity_text(identity.issuer),
                    identity_text(identity.subject), shown_text(identity.name, longest_shown),
                    shown_text(identity.email, longest_shown),
                    std::string(to_string(identity.claimed_role)), timestamp_text(now)}));
  });
}

std::optional<BreakglassCredential> PostgresAccountStore::find_breakglass(
    const std::string& username) {
  static constexpr Statement statement{
      "find_breakglass",
      R"(SELECT "id", "username", "passwordHash", "isActive" FROM "BreakglassUser" WHERE "username" = $1)"};
  if (!is_storable(username)) return std::nullopt;
  return database_.pool().perform("find the breakglass user", Repeat::safely,
                                  [&](Session& session) -> std::optional<BreakglassCredential> {
                                    const auto result = session.run(statement, {username});
                                    if (result.empty()) return std::nullopt;
                                    RowReader columns(result[0]);
                                    BreakglassCredential user;
                                    user.id = columns.text();
                                    user.username = columns.text();
                                    user.password_hash = columns.text();
                                    user.active = columns.flag();
                                    return user;
                                  });
}

WriteOutcome PostgresAccountStore::set_breakglass_password(const std::string& account_id,
                                                           const std::string& password_hash) {
  static constexpr Statement statement{
      "set_breakglass_password",
      R"(UPDATE "BreakglassUser" SET "passwordHash" = $2, "updatedAt" = now() WHERE "id" = $1)"};
  if (!is_storable(account_id)) return WriteOutcome::not_found;
  return database_.pool().perform("set the password", Repeat::safely, [&](Session& session) {
    const auto result =
        session.run_for(account_id, statement, {account_id, storable_text(password_hash)});
    return Session::changed_a_row(result) ? WriteOutcome::done : WriteOutcome::not_found;
  });
}

}  // namespace mosaic
