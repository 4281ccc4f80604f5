#include "store/key_check_store.hpp"

#include "store/audit_insertion.hpp"
#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {
namespace {

constexpr const char* lost_instance =
    "the database has lost its instance row; restore it from a backup";

std::optional<std::string> text_or_nothing(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return std::string(field.c_str());
}

bool change_and_note(Session& session, const Statement& change,
                     const std::vector<Parameter>& parameters, const AuditEntry& entry) {
  pqxx::work transaction(session.connection());
  const bool changed = Session::changed_a_row(session.run(transaction, change, parameters));
  if (changed) session.run(transaction, audit_insertion, audit_parameters(entry));
  transaction.commit();
  return changed;
}

}  // namespace

KeyCheckStore::KeyCheckStore(Database& database) : database_(database) {}

std::string KeyCheckStore::store_key_check_once(const std::string& value) {
  // Two processes that start at the same time agree on the first one's.
  static constexpr Statement statement{
      "store_key_check",
      R"(UPDATE "mosaic_instance" SET "keyCheck" = $1 WHERE "keyCheck" IS NULL)"};
  if (auto present = key_check()) return *present;
  database_.pool().perform("store the key check", Repeat::safely, [&](Session& session) {
    session.run(statement, {storable_text(value)});
  });
  if (auto present = key_check()) return *present;
  throw StoreError(lost_instance);
}

std::optional<std::string> KeyCheckStore::key_check() {
  static constexpr Statement statement{"key_check", R"(SELECT "keyCheck" FROM "mosaic_instance")"};
  return database_.pool().perform("read the key check", Repeat::safely,
                                  [&](Session& session) -> std::optional<std::string> {
                                    const auto result = session.run(statement);
                                    if (result.empty() || result[0][0].is_null())
                                      return std::nullopt;
                                    return std::string(result[0][0].c_str());
                                  });
}

StoredKeys KeyCheckStore::stored_keys() {
  static constexpr Statement statement{
      "stored_keys",
      R"(SELECT "keyCheck", "nextKeyCheck", "fingerprintKey" FROM "mosaic_instance")"};
  return database_.pool().perform("read the key checks", Repeat::safely, [&](Session& session) {
    const auto result = session.run(statement);
    if (result.empty()) throw StoreError(lost_instance);
    StoredKeys stored;
    stored.check = text_or_nothing(result[0][0]);
    stored.next_check = text_or_nothing(result[0][1]);
    stored.fingerprint_key = text_or_nothing(result[0][2]);
    return stored;
  });
}

bool KeyCheckStore::may_rotate() {
  static constexpr Statement statement{
      "may_rotate",
      R"(SELECT has_column_privilege('"mosaic_instance"', 'nextKeyCheck', 'UPDATE'))"};
  return database_.pool().perform(
      "look at this login's rights", Repeat::safely,
      [&](Session& session) { return session.run(statement)[0][0].as<bool>(); });
}

bool KeyCheckStore::begin_rotation(const StoredKeys& seen, const std::string& next,
                                   const std::string& fingerprint_key, const AuditEntry& entry) {
  static constexpr Statement statement{"begin_rotation", R"(
UPDATE "mosaic_instance" SET "nextKeyCheck" = $1, "fingerprintKey" = $2
WHERE "keyCheck" = $3 AND "nextKeyCheck" IS NULL)"};
  return database_.pool().perform("begin the key rotation", Repeat::never, [&](Session& session) {
    return change_and_note(session, statement,
                           {storable_text(next), storable_text(fingerprint_key), seen.check},
                           entry);
  });
}

bool KeyCheckStore::finish_rotation(const std::string& next, const AuditEntry& entry) {
  static constexpr Statement statement{"finish_rotation", R"(
UPDATE "mosaic_instance" SET "keyCheck" = "nextKeyCheck", "nextKeyCheck" = NULL WHERE "nextKeyCheck" = $1)"};
  return database_.pool().perform("finish the key rotation", Repeat::never, [&](Session& session) {
    return change_and_note(session, statement, {storable_text(next)}, entry);
  });
}

std::vector<std::string> KeyCheckStore::processes_with_one_key() {
  static constexpr Statement statement{"processes_with_one_key", R"(
SELECT COALESCE(host(client_addr), CASE WHEN pg_has_role(usesysid, 'USAGE') THEN 'this host' ELSE 'login ' || usename END)
  || ' (connection ' || min(pid) || ')' FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'mosaic' GROUP BY client_addr, usesysid, usename
ORDER BY 1 LIMIT 20)"};
  return database_.pool().perform("list who is connected", Repeat::safely, [&](Session& session) {
    std::vector<std::string> processes;
    for (const auto& row : session.run(statement)) processes.emplace_back(row[0].c_str());
    return processes;
  });
}

}  // namespace mosaic
