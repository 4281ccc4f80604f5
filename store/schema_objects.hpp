// Which tables are ours, and how they look: what a backup keeps. A database may hold other products' tables beside ours
// (the product that we grew from has dozens), so ours are those that our migrations make; how they look, the catalogue
// says. Private to store/.
//
// Thread-safety: one thread at a time, as the transaction.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/database_shape.hpp"
#include "store/migrations.hpp"
#include "store/session.hpp"

namespace mosaic {

// Every table that these migrations create, in the order in which they do, without mosaic_schema: those that last, which a
// backup keeps, and the unlogged ones, whose rows may be gone at any moment.
std::vector<std::string> tables_made_by(std::span<const Migration> migrations);
std::vector<std::string> unlogged_tables_made_by(std::span<const Migration> migrations);

// Columns of each that can be put back as they are: generated ones are made anew by themselves, and transaction numbers
// (xid8) mean nothing in another database, where their default gives the restoring transaction's. Ordered so that a
// table comes after those that it refers to. Throws StoreError when a table is missing.
std::vector<TableShape> shapes_of(pqxx::transaction_base& transaction,
                                  const std::vector<std::string>& tables);
std::vector<CounterShape> counters_of(pqxx::transaction_base& transaction,
                                      const std::vector<std::string>& tables);

// "it""s".
std::string quoted_name(const std::string& name);
std::string copy_target(const TableShape& table);  // "table"("column", …)

}  // namespace mosaic
