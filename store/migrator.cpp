#include "store/migrator.hpp"

#include "store/migration_steps.hpp"
#include "store/session.hpp"

namespace mosaic {
namespace {

using namespace migration_steps;

std::vector<AppliedMigration> applied_on(Session& session) {
  pqxx::nontransaction transaction(session.connection());
  return read_applied(transaction);
}

template <typename Work>
void in_transaction(Session& session, Work work) {
  pqxx::work transaction(session.connection());
  work(transaction);
  transaction.commit();
}

}  // namespace

Migrator::Migrator(const DatabaseOptions& options, std::span<const Migration> migrations)
    : options_(options), migrations_(migrations) {
  // A migration of large tables takes its time.
  options_.statement_timeout = std::chrono::minutes(10);
  options_.application_name += "-migrate";
}

MigrationReport Migrator::migrate(Duration lock_wait) {
  Session session = open(options_);
  return translated("migrate", [&] {
    require_server_version(session);
    take_lock(session, lock_wait);
    const auto applied = applied_on(session);
    verify(applied, migrations_);
    MigrationReport report;
    report.version_before = applied.empty() ? 0 : applied.back().version;
    report.version = report.version_before;
    if (static_cast<std::size_t>(report.version) < migrations_.size()) {
      in_transaction(session, [](auto& transaction) { create_version_table(transaction); });
    }
    for (const auto& migration : migrations_.subspan(static_cast<std::size_t>(report.version))) {
      in_transaction(session, [&](auto& transaction) { apply(session, transaction, migration); });
      report.version = migration.version;
      report.applied.emplace_back(migration.name);
    }
    return report;
  });
}

void Migrator::check() {
  Session session = open(options_);
  translated("check the schema", [&] {
    const auto applied = applied_on(session);
    verify(applied, migrations_);
    const int version = applied.empty() ? 0 : applied.back().version;
    if (version < static_cast<int>(migrations_.size())) {
      throw SchemaTooOld("the database has schema version " + std::to_string(version) +
                         ", this program needs " + std::to_string(migrations_.size()) +
                         ": run 'mosaic migrate' first");
    }
  });
}

}  // namespace mosaic
