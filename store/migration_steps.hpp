// What bringing a schema forward consists of, for whoever does it in transactions of its own: the Migrator (one per
// migration) and a restore (one for everything). Private to store/.
//
// Thread-safety: one thread at a time, as the session.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/database.hpp"
#include "store/migrations.hpp"
#include "store/session.hpp"

namespace mosaic::migration_steps {

// The server's first line without its details, which may quote values.
std::string first_line(const std::exception& error);

// Runs work() and turns what libpqxx throws into a StoreError about `operation`.
template <typename Work>
auto translated(std::string_view operation, Work work) {
  try {
    return work();
  } catch (const pqxx::sql_error& error) {
    throw StoreError("the database refused '" + std::string(operation) + "': " + first_line(error));
  } catch (const pqxx::failure& error) {
    throw describe_lost_connection(error);
  }
}

Session open(const DatabaseOptions& options);
void require_server_version(Session& session);
// Held by the session; closing the connection lets it go, a crash included.
void take_lock(Session& session, Duration wait);

struct AppliedMigration {
  int version;
  std::string checksum;
};

std::vector<AppliedMigration> read_applied(pqxx::transaction_base& transaction);
// Throws SchemaTooNew, or StoreError when a migration is not the one that this program has.
void verify(const std::vector<AppliedMigration>& applied, std::span<const Migration> known);

void create_version_table(pqxx::transaction_base& transaction);
// Inside `transaction`, which is of no further use when this throws.
void apply(Session& session, pqxx::transaction_base& transaction, const Migration& migration);

}  // namespace mosaic::migration_steps
