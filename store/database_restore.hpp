// Puts the rows of a backup into a database: one transaction from the first table that is made to commit(), so that
// whatever ends it before leaves the database as it was. The schema is made by our own migrations as it was when the
// backup was made, filled, and then brought forward to this program's.
//
// Thread-safety: one thread at a time. Throws StoreError (SchemaTooNew for a backup of a newer program).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "model/database_shape.hpp"
#include "store/database.hpp"
#include "store/migrations.hpp"
#include "store/migrator.hpp"

namespace mosaic {

class DatabaseRestore {
 public:
  // Whether this program went through the backup's schema. Throws SchemaTooNew or StoreError.
  static void require_known(const DatabaseShape& shape,
                            std::span<const Migration> migrations = embedded_migrations());

  // Writes nothing. `replaces`: the instance id of the database that may be thrown away; empty: none may. Refused:
  // tables of ours without that permission, and whatever mosaic process is connected.
  DatabaseRestore(const DatabaseOptions& options, const DatabaseShape& shape,
                  const std::string& replaces,
                  std::span<const Migration> migrations = embedded_migrations());
  ~DatabaseRestore();  // what was not committed is undone

  // Throws away what may be replaced, and makes the backup's schema, empty.
  void begin();
  // `source` appends some of the table's lines, and false at their end. Returns how many rows came.
  std::uint64_t fill(const TableShape& table, const std::function<bool(std::string&)>& source);
  // After all tables: counters, lease, newer migrations. The database is then as it will be after commit().
  MigrationReport complete();
  void commit();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic
