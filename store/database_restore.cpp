#include "store/database_restore.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "store/copy_writer.hpp"
#include "store/migration_steps.hpp"
#include "store/schema_objects.hpp"

namespace mosaic {
namespace {

using namespace migration_steps;

constexpr const char* operation = "restore";
constexpr Duration lock_wait = std::chrono::seconds(10);

DatabaseOptions patient(DatabaseOptions options) {
  options.statement_timeout = std::chrono::hours(4);
  return options;
}

void require_nobody_connected(pqxx::transaction_base& transaction) {
  const auto others = transaction.exec(
      "SELECT pid, application_name, COALESCE(host(client_addr), 'this host') FROM "
      "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
      "application_name LIKE 'mosaic%' ORDER BY pid LIMIT 1");
  if (others.empty()) return;
  throw StoreError("'" + std::string(others[0][1].c_str()) + "' from " + others[0][2].c_str() +
                   " (process " + others[0][0].c_str() +
                   " of the database) uses this database: end every mosaic up, controller and api "
                   "first; nothing was changed");
}

// Nobody can become leader from here to the end of the transaction.
void require_no_leader(pqxx::transaction_base& transaction) {
  transaction.exec("SET LOCAL lock_timeout = '10s'");
  transaction.exec(R"(LOCK TABLE "ControllerLease" IN ACCESS EXCLUSIVE MODE)");
  const auto leader = transaction.exec(
      R"(SELECT "holder" FROM "ControllerLease" WHERE "holder" <> '' AND "expiresAt" > clock_timestamp() AT TIME ZONE 'UTC')");
  if (!leader.empty()) {
    throw StoreError("a controller leads this database (" + std::string(leader[0][0].c_str()) +
                     "): end it first, or wait 15 s if it was killed; nothing was changed");
  }
}

std::vector<std::string> existing_tables(pqxx::transaction_base& transaction,
                                         std::span<const Migration> known) {
  std::vector<std::string> found;
  auto tables = tables_made_by(known);
  for (auto& table : unlogged_tables_made_by(known)) tables.push_back(std::move(table));
  for (const auto& table : tables) {
    if (!transaction.exec("SELECT to_regclass(" + transaction.quote(quoted_name(table)) + ")")[0][0]
             .is_null())
      found.push_back(table);
  }
  return found;
}

std::string instance_of(pqxx::transaction_base& transaction) {
  const auto row = transaction.exec(R"(SELECT "id" FROM "mosaic_instance")");
  return row.empty() ? "" : row[0][0].c_str();
}

}  // namespace

struct DatabaseRestore::Parts {
  Parts(const DatabaseOptions& options, const DatabaseShape& backup, std::string replaced_instance,
        std::span<const Migration> known)
      : session(open(patient(options))),
        shape(backup),
        replaces(std::move(replaced_instance)),
        migrations(known) {}

  void require_room();
  void throw_away();
  void set_counter(const CounterShape& counter);

  Session session;
  const DatabaseShape shape;
  const std::string replaces;
  const std::span<const Migration> migrations;
  std::unique_ptr<pqxx::work> transaction;
  std::vector<std::string> old_tables;
  bool had_schema = false;
};

void DatabaseRestore::Parts::require_room() {
  had_schema = !read_applied(*transaction).empty();
  old_tables = existing_tables(*transaction, migrations);
  if (!had_schema && old_tables.empty()) return;
  if (!had_schema) {
    throw StoreError("the database has a table " + old_tables.front() +
                     " already, of another product: restore into an empty database");
  }
  const std::string instance = instance_of(*transaction);
  if (replaces != instance || instance.empty()) {
    throw StoreError("the database is not empty: it holds the fleet " + instance +
                     "; to throw that away, with everything in it, say --replace " + instance);
  }
  require_no_leader(*transaction);
}

// Without CASCADE: what others built upon our tables is not ours to drop.
void DatabaseRestore::Parts::throw_away() {
  if (!had_schema) return;
  std::string tables = "mosaic_schema";
  for (const auto& table : old_tables) tables += ", " + quoted_name(table);
  transaction->exec("DROP TABLE " + tables);
  transaction->exec(R"(DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'mosaic\_%' LOOP
    EXECUTE format('DROP FUNCTION %s', ours);
  END LOOP;
END
$$)");
}

void DatabaseRestore::require_known(const DatabaseShape& shape, std::span<const Migration> known) {
  if (shape.migrations.empty()) throw StoreError("the backup is of a database without a schema");
  if (shape.migrations.size() > known.size()) {
    throw SchemaTooNew("the backup has schema version " + std::to_string(shape.version()) +
                       ", this program knows only up to " + std::to_string(known.size()) +
                       ": run a newer mosaic; nothing was changed");
  }
  for (std::size_t index = 0; index < shape.migrations.size(); ++index) {
    if (known[index].checksum != shape.migrations[index]) {
      throw StoreError("migration " + std::to_string(index + 1) +
                       " of the backup is not the one this program has: it was made by another "
                       "build of mosaic; nothing was changed");
    }
  }
}

DatabaseRestore::DatabaseRestore(const DatabaseOptions& options, const DatabaseShape& shape,
                                 const std::string& replaces, std::span<const Migration> migrations)
    : parts_(std::make_unique<Parts>(options, shape, replaces, migrations)) {
  require_known(shape, migrations);
  translated(operation, [&] {
    require_server_version(parts_->session);
    take_lock(parts_->session, lock_wait);
    parts_->transaction = std::make_unique<pqxx::work>(parts_->session.connection());
    // Volumes are put back while it is open.
    parts_->transaction->exec("SET LOCAL idle_in_transaction_session_timeout = 0");
    parts_->transaction->exec("SET LOCAL row_security = off");
    require_nobody_connected(*parts_->transaction);
    parts_->require_room();
  });
}

DatabaseRestore::~DatabaseRestore() = default;

void DatabaseRestore::begin() {
  translated(operation, [&] {
    auto& transaction = *parts_->transaction;
    parts_->throw_away();
    create_version_table(transaction);
    for (const auto& migration : parts_->migrations.first(parts_->shape.migrations.size()))
      apply(parts_->session, transaction, migration);
    const auto tables = shapes_of(
        transaction, tables_made_by(parts_->migrations.first(parts_->shape.migrations.size())));
    if (tables != parts_->shape.tables) {
      throw StoreError(
          "the backup's tables are not those of its schema version: it was made by another build "
          "of mosaic");
    }
    // Rows come back as they were: nothing is to be derived from them, announced or buried.
    for (const auto& table : tables)
      transaction.exec("ALTER TABLE " + quoted_name(table.name) + " DISABLE TRIGGER USER");
    for (auto table = tables.rbegin(); table != tables.rend(); ++table)
      transaction.exec("DELETE FROM " + quoted_name(table->name));
  });
}

std::uint64_t DatabaseRestore::fill(const TableShape& table,
                                    const std::function<bool(std::string&)>& source) {
  return translated(
      operation, [&] { return copy_lines_in(*parts_->transaction, copy_target(table), source); });
}

void DatabaseRestore::Parts::set_counter(const CounterShape& counter) {
  if (counter.last <= 0) return;
  transaction->exec(
      "SELECT setval(pg_get_serial_sequence(" + transaction->quote(quoted_name(counter.table)) +
      ", " + transaction->quote(counter.column) + "), " + std::to_string(counter.last) + ")");
}

MigrationReport DatabaseRestore::complete() {
  return translated(operation, [&] {
    auto& transaction = *parts_->transaction;
    for (const auto& table : parts_->shape.tables)
      transaction.exec("ALTER TABLE " + quoted_name(table.name) + " ENABLE TRIGGER USER");
    for (const auto& counter : parts_->shape.counters) parts_->set_counter(counter);
    // Whoever led when the backup was made leads no more; the term goes on from where it was.
    transaction.exec(R"(UPDATE "ControllerLease" SET "holder" = '', "expiresAt" = NULL)");
    MigrationReport report;
    report.version = report.version_before = parts_->shape.version();
    for (const auto& migration : parts_->migrations.subspan(parts_->shape.migrations.size())) {
      apply(parts_->session, transaction, migration);
      report.version = migration.version;
      report.applied.emplace_back(migration.name);
    }
    return report;
  });
}

void DatabaseRestore::commit() {
  translated(operation, [&] { parts_->transaction->commit(); });
}

}  // namespace mosaic
