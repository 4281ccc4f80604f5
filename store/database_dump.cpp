#include "store/database_dump.hpp"

#include "store/migration_steps.hpp"
#include "store/migrator.hpp"
#include "store/schema_objects.hpp"

namespace mosaic {
namespace {

using namespace migration_steps;

constexpr const char* operation = "back up";
constexpr std::size_t piece_bytes = 256 * 1024;

DatabaseOptions patient(DatabaseOptions options) {
  // One statement copies a table, however long the other end takes to keep it.
  options.statement_timeout = std::chrono::hours(4);
  return options;
}

void fill(pqxx::transaction_base& transaction, DatabaseShape& shape) {
  const auto row =
      transaction.exec(R"(SELECT "id", COALESCE("keyCheck", '') FROM "mosaic_instance")");
  if (row.empty()) throw StoreError("the database has lost its instance row");
  shape.instance = row[0][0].c_str();
  shape.key_check = row[0][1].c_str();
}

}  // namespace

struct DatabaseDump::Parts {
  explicit Parts(const DatabaseOptions& options) : session(open(patient(options))) {}

  Session session;
  std::unique_ptr<pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>> transaction;
  DatabaseShape shape;
};

DatabaseDump::DatabaseDump(const DatabaseOptions& options, std::span<const Migration> migrations)
    : parts_(std::make_unique<Parts>(options)) {
  translated(operation, [&] {
    parts_->transaction =
        std::make_unique<pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>>(
            parts_->session.connection());
    auto& transaction = *parts_->transaction;
    // Rows that a policy would hide must not be missing in silence.
    transaction.exec("SET LOCAL row_security = off");
    const auto applied = read_applied(transaction);
    verify(applied, migrations);
    if (applied.empty())
      throw StoreError("the database has no schema of Mosaic Fleet: there is nothing to back up");
    for (const auto& migration : applied) parts_->shape.migrations.push_back(migration.checksum);
    const auto tables = tables_made_by(migrations.first(applied.size()));
    parts_->shape.tables = shapes_of(transaction, tables);
    parts_->shape.counters = counters_of(transaction, tables);
    fill(transaction, parts_->shape);
  });
}

DatabaseDump::~DatabaseDump() = default;

const DatabaseShape& DatabaseDump::shape() const { return parts_->shape; }

std::uint64_t DatabaseDump::copy(const TableShape& table,
                                 const std::function<void(std::string_view)>& sink) {
  return translated(operation, [&] {
    pqxx::stream_from stream(*parts_->transaction, copy_target(table));
    std::uint64_t rows = 0;
    std::string line;
    std::string piece;
    while (stream.get_raw_line(line)) {
      ++rows;
      piece.append(line);
      if (line.empty() || line.back() != '\n') piece += '\n';
      if (piece.size() >= piece_bytes) {
        sink(piece);
        piece.clear();
      }
    }
    stream.complete();
    if (!piece.empty()) sink(piece);
    return rows;
  });
}

}  // namespace mosaic
