#include "store/schema_objects.hpp"

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <set>
#include <utility>

#include "store/column_text.hpp"

namespace mosaic {
namespace {

constexpr Statement columns_of{"backup_columns", R"(
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY ($1::text[])
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.atttypid <> 'xid8'::regtype
ORDER BY c.relname, a.attnum)"};

constexpr Statement references_of{"backup_references", R"(
SELECT f.conrelid::regclass::oid, child.relname, parent.relname
FROM pg_constraint f JOIN pg_class child ON child.oid = f.conrelid JOIN pg_class parent ON parent.oid = f.confrelid
WHERE f.contype = 'f' AND f.conrelid <> f.confrelid AND child.relnamespace = current_schema()::regnamespace
  AND child.relname = ANY ($1::text[]))"};

constexpr Statement counters_sql{"backup_counters", R"(
SELECT c.relname, a.attname, COALESCE(pg_sequence_last_value(pg_get_serial_sequence(quote_ident(c.relname), a.attname)::regclass), 0)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY ($1::text[])
  AND a.attnum > 0 AND NOT a.attisdropped
  AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
ORDER BY c.relname, a.attnum)"};

pqxx::result ask(pqxx::transaction_base& transaction, const Statement& statement,
                 const std::vector<std::string>& tables) {
  return transaction.exec_params(statement.sql, array_literal(tables));
}

// Repeatedly takes the tables whose parents have all been taken.
std::vector<TableShape> parents_first(std::vector<TableShape> tables,
                                      const std::multimap<std::string, std::string>& parents) {
  std::vector<TableShape> ordered;
  std::set<std::string> waiting;
  for (const auto& table : tables) waiting.insert(table.name);
  while (!tables.empty()) {
    const auto is_due = [&](const TableShape& table) {
      const auto [first, last] = parents.equal_range(table.name);
      return std::none_of(first, last,
                          [&](const auto& edge) { return waiting.contains(edge.second); });
    };
    const auto due = std::find_if(tables.begin(), tables.end(), is_due);
    if (due == tables.end())
      throw StoreError("the database's tables refer to each other in a ring");
    waiting.erase(due->name);
    ordered.push_back(std::move(*due));
    tables.erase(due);
  }
  return ordered;
}

std::vector<std::string> names_after(const std::regex& creates,
                                     std::span<const Migration> migrations) {
  std::vector<std::string> tables;
  for (const auto& migration : migrations) {
    const std::string sql(migration.sql);
    for (std::sregex_iterator found(sql.begin(), sql.end(), creates), end; found != end; ++found)
      tables.push_back((*found)[1]);
  }
  return tables;
}

}  // namespace

std::vector<std::string> tables_made_by(std::span<const Migration> migrations) {
  static const std::regex creates(R"re(CREATE TABLE (?:IF NOT EXISTS )?"([^"]+)")re");
  return names_after(creates, migrations);
}

std::vector<std::string> unlogged_tables_made_by(std::span<const Migration> migrations) {
  static const std::regex creates(R"re(CREATE UNLOGGED TABLE "([^"]+)")re");
  return names_after(creates, migrations);
}

std::vector<TableShape> shapes_of(pqxx::transaction_base& transaction,
                                  const std::vector<std::string>& tables) {
  std::vector<TableShape> shapes;
  for (const auto& row : ask(transaction, columns_of, tables)) {
    const std::string name = row[0].c_str();
    if (shapes.empty() || shapes.back().name != name) shapes.push_back({name, {}});
    shapes.back().columns.emplace_back(row[1].c_str());
  }
  for (const auto& table : tables) {
    const auto is_it = [&](const TableShape& shape) { return shape.name == table; };
    if (std::none_of(shapes.begin(), shapes.end(), is_it))
      throw StoreError("the database lacks the table " + table + ": it is damaged");
  }
  std::multimap<std::string, std::string> parents;
  for (const auto& row : ask(transaction, references_of, tables))
    parents.emplace(row[1].c_str(), row[2].c_str());
  return parents_first(std::move(shapes), parents);
}

std::vector<CounterShape> counters_of(pqxx::transaction_base& transaction,
                                      const std::vector<std::string>& tables) {
  std::vector<CounterShape> counters;
  for (const auto& row : ask(transaction, counters_sql, tables))
    counters.push_back({row[0].c_str(), row[1].c_str(), std::strtoll(row[2].c_str(), nullptr, 10)});
  return counters;
}

std::string quoted_name(const std::string& name) {
  std::string result = "\"";
  for (const char character : name) {
    if (character == '"') result += '"';
    result += character;
  }
  return result + "\"";
}

std::string copy_target(const TableShape& table) {
  std::string columns;
  for (const auto& column : table.columns)
    columns += (columns.empty() ? "" : ", ") + quoted_name(column);
  return quoted_name(table.name) + " (" + columns + ")";
}

}  // namespace mosaic
