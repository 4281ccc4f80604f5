// A database as it was after any migration, with something in every column of every table: test/store/upgrade has one
// file per migration, which fills what that migration added.
//
// Used from one thread; failures are GoogleTest's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/store/test_database.hpp"

namespace mosaic::test {

// Migrates an empty database to `version` and runs the fixtures of all steps up to there. A step without a file is a
// failure.
void fill_as_of(TestDatabase& database, int version);

// Every row of every table as JSON, by table; but for mosaic_schema.
using Rows = std::map<std::string, std::vector<std::string>>;
Rows rows_of(TestDatabase& database);
// "Table.column" for each column that no row has a value in.
std::vector<std::string> empty_columns(TestDatabase& database);
// One line for each row of `before` that is in the database no more, whatever columns came to it since. The lease is
// another's after a restore, and numbers of transactions (xid8) mean nothing elsewhere: `but_for` names columns to leave
// out.
std::vector<std::string> lost_rows(TestDatabase& database, const Rows& before,
                                   const std::vector<std::string>& but_for = {});

}  // namespace mosaic::test
