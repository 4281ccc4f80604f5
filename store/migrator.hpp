// Brings a database to the schema of this program: each missing migration in a transaction of its
// own together with its version row, the whole run under an advisory lock, so that any number of
// processes may start at once.
//
// Thread-safety: objects are used by one thread; several objects, processes and hosts may run at
// the same time. A migration that fails leaves the schema as it was before it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "store/database.hpp"
#include "store/migrations.hpp"
#include "store/store.hpp"

namespace mosaic {

// The database was written by a newer program. what() says which version and what to do.
class SchemaTooNew : public StoreError {
 public:
  using StoreError::StoreError;
};

// The database has not been brought to this program's schema yet.
class SchemaTooOld : public StoreError {
 public:
  using StoreError::StoreError;
};

struct MigrationReport {
  int version_before = 0;  // 0: a database without our schema
  int version = 0;
  std::vector<std::string> applied;  // names, in order
};

class Migrator {
 public:
  explicit Migrator(const DatabaseOptions& options,
                    std::span<const Migration> migrations = embedded_migrations());

  // Throws SchemaTooNew, or StoreError with one line that says what stands in the way.
  MigrationReport migrate(Duration lock_wait = std::chrono::seconds(60));

  // Changes nothing. Throws SchemaTooNew, SchemaTooOld or StoreError; for processes that must not
  // migrate.
  void check();

 private:
  DatabaseOptions options_;
  std::span<const Migration> migrations_;
};

}  // namespace mosaic
