// Everything of ours in a database as it was at one moment, row by row: one repeatable-read transaction from
// construction to destruction, which hinders nobody. COPY's text format, because any version of Postgres reads it back.
//
// Why our own and not pg_dump: what is put back goes through our own migrations, so a backup of an older schema is
// brought forward by what upgrades are proven with; and no server program of the server's very version is needed where
// mosaic runs.
//
// Thread-safety: one thread at a time. Throws StoreError.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "model/database_shape.hpp"
#include "store/database.hpp"
#include "store/migrations.hpp"

namespace mosaic {

class DatabaseDump {
 public:
  // Throws SchemaTooNew when the database is a newer program's. An older schema is kept as it is.
  explicit DatabaseDump(const DatabaseOptions& options,
                        std::span<const Migration> migrations = embedded_migrations());
  ~DatabaseDump();

  const DatabaseShape& shape() const;
  // Lines of COPY, each with its line end, handed over in pieces of any length. Returns how many rows there were.
  std::uint64_t copy(const TableShape& table, const std::function<void(std::string_view)>& sink);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic
