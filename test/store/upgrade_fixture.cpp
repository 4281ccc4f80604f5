#include "test/store/upgrade_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "store/migrator.hpp"
#include "test/checkout.hpp"

namespace mosaic::test {
namespace {

std::string fixture_file(int version) {
  char name[16];
  std::snprintf(name, sizeof name, "%04d.sql", version);
  return source_folder() + "/test/store/upgrade/" + name;
}

// What has to last: an unlogged table's rows may be gone at any moment, and no backup has them.
std::vector<std::string> tables_of(TestDatabase& database) {
  std::vector<std::string> tables;
  for (const auto& row :
       database.exec("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' "
                     "AND relnamespace = "
                     "current_schema()::regnamespace AND relname <> 'mosaic_schema' ORDER BY 1"))
    tables.push_back(row[0]);
  return tables;
}

std::string without(const std::vector<std::string>& columns) {
  std::string text;
  for (const auto& column : columns) text += " - " + sql_text(column);
  return text;
}

}  // namespace

void fill_as_of(TestDatabase& database, int version) {
  Migrator(database.options(), embedded_migrations().first(static_cast<std::size_t>(version)))
      .migrate();
  for (int step = 1; step <= version; ++step) {
    std::ifstream file(fixture_file(step));
    ASSERT_TRUE(file) << "migration " << step << " has no fixture: fill what it adds in "
                      << fixture_file(step);
    database.exec(std::string(std::istreambuf_iterator<char>(file), {}));
  }
}

Rows rows_of(TestDatabase& database) {
  Rows rows;
  for (const auto& table : tables_of(database)) {
    auto& list = rows[table];
    for (const auto& row :
         database.exec("SELECT to_jsonb(t)::text FROM \"" + table + "\" t ORDER BY 1"))
      list.push_back(row[0]);
  }
  return rows;
}

std::vector<std::string> empty_columns(TestDatabase& database) {
  std::vector<std::string> empty;
  for (const auto& table : tables_of(database)) {
    for (const auto& row :
         database.exec("SELECT column_name FROM information_schema.columns WHERE table_schema = "
                       "current_schema() AND table_name = " +
                       sql_text(table) + " ORDER BY 1")) {
      const std::string& column = row[0];
      if (database.value("SELECT count(\"" + column + "\") FROM \"" + table + "\"") == "0")
        empty.push_back(table + "." + column);
    }
  }
  return empty;
}

std::vector<std::string> lost_rows(TestDatabase& database, const Rows& before,
                                   const std::vector<std::string>& but_for) {
  std::vector<std::string> lost;
  for (const auto& [table, rows] : before) {
    for (const auto& row : rows) {
      const std::string kept =
          database.value("SELECT count(*) FROM \"" + table + "\" t WHERE to_jsonb(t) @> (" +
                         sql_text(row) + "::jsonb" + without(but_for) + ")");
      if (kept != "1") lost.push_back(table + " " + row);
    }
  }
  return lost;
}

}  // namespace mosaic::test
