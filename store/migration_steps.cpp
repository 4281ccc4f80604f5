#include "store/migration_steps.hpp"

#include <cstdlib>

#include "store/connection_string.hpp"
#include "store/migrator.hpp"

namespace mosaic::migration_steps {
namespace {

// Any number that no other program is likely to lock in the same database: "mosaic" in ASCII.
constexpr const char* lock_key = "120317312526691";
constexpr int oldest_server = 130000;  // xid8 and gen_random_uuid()

std::string lock_holder(Session& session) {
  pqxx::nontransaction transaction(session.connection());
  const auto rows = transaction.exec(
      std::string("SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'this host') "
                  "FROM pg_locks l JOIN "
                  "pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND "
                  "l.objsubid = 1 AND "
                  "l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                  "AND (l.classid::bigint "
                  "<< 32 | l.objid::bigint) = ") +
      lock_key);
  if (rows.empty()) return "another process";
  return "process " + std::string(rows[0][0].c_str()) + " of the database ('" + rows[0][1].c_str() +
         "' from " + rows[0][2].c_str() + ")";
}

}  // namespace

std::string first_line(const std::exception& error) {
  std::string text = error.what();
  text = text.substr(0, text.find('\n'));
  constexpr std::string_view severity = "ERROR:  ";
  if (text.starts_with(severity)) text.erase(0, severity.size());
  return one_line(text);
}

Session open(const DatabaseOptions& options) {
  try {
    return Session(libpq_connection_string(options));
  } catch (const pqxx::failure& error) {
    throw StoreError("cannot connect to the database: " + one_line(error.what()));
  }
}

std::vector<AppliedMigration> read_applied(pqxx::transaction_base& transaction) {
  std::vector<AppliedMigration> applied;
  if (transaction.exec("SELECT to_regclass('mosaic_schema')")[0][0].is_null()) return applied;
  for (const auto& row : transaction.exec(
           R"(SELECT "version", "checksum" FROM "mosaic_schema" ORDER BY "version")")) {
    applied.push_back({std::atoi(row[0].c_str()), row[1].c_str()});
  }
  return applied;
}

void verify(const std::vector<AppliedMigration>& applied, std::span<const Migration> known) {
  for (const auto& [version, checksum] : applied) {
    if (version > static_cast<int>(known.size())) {
      throw SchemaTooNew("the database has schema version " +
                         std::to_string(applied.back().version) +
                         ", this program knows only up to " + std::to_string(known.size()) +
                         ": run a newer mosaic; nothing was changed");
    }
    if (known[static_cast<std::size_t>(version - 1)].checksum != checksum) {
      throw StoreError("migration " + std::to_string(version) +
                       " of the database is not the one this program has: it was made by another "
                       "build of mosaic");
    }
  }
}

void require_server_version(Session& session) {
  pqxx::nontransaction transaction(session.connection());
  const int version = std::atoi(transaction.exec("SHOW server_version_num")[0][0].c_str());
  if (version < oldest_server) {
    throw StoreError("the database server is Postgres " + std::to_string(version / 10000) +
                     "; Mosaic Fleet needs 13 or newer");
  }
}

void take_lock(Session& session, Duration wait) {
  try {
    pqxx::nontransaction transaction(session.connection());
    transaction.exec("SET lock_timeout = " +
                     std::to_string(std::max<std::int64_t>(1, wait.count())));
    transaction.exec(std::string("SELECT pg_advisory_lock(") + lock_key + ")");
    transaction.exec("SET lock_timeout = '30s'");
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() != "55P03") throw;
    throw StoreError(lock_holder(session) + " has been migrating this database for more than " +
                     to_human(wait) + ": wait for it, or end it when it hangs");
  }
}

void create_version_table(pqxx::transaction_base& transaction) {
  if (transaction.exec("SELECT to_regclass('mosaic_schema')")[0][0].is_null()) {
    transaction.exec(
        R"(CREATE TABLE "mosaic_schema" ("version" INTEGER PRIMARY KEY, "name" TEXT NOT NULL,
                        "checksum" TEXT NOT NULL, "appliedAt" TIMESTAMP(3) NOT NULL DEFAULT now()))");
  }
}

void apply(Session& session, pqxx::transaction_base& transaction, const Migration& migration) {
  static constexpr Statement record{
      "record_migration",
      R"(INSERT INTO "mosaic_schema" ("version", "name", "checksum") VALUES ($1, $2, $3))"};
  try {
    transaction.exec(std::string(migration.sql));
    session.run(transaction, record,
                {std::to_string(migration.version), std::string(migration.name),
                 std::string(migration.checksum)});
  } catch (const pqxx::sql_error& error) {
    throw StoreError("migration " + std::to_string(migration.version) + " (" +
                     std::string(migration.name) + ") failed and was undone: " + first_line(error));
  }
}

}  // namespace mosaic::migration_steps
