// One connection to Postgres and how statements run on it. Private to store/.
//
// Thread-safety: one thread at a time; the pool sees to that.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.hpp"

namespace mosaic {

// Prepared on a connection when it first runs there. Both are literals.
struct Statement {
  const char* name;
  const char* sql;
};

using Parameter = std::optional<std::string>;

class Session {
 public:
  explicit Session(const std::string& connection_string) : connection_(connection_string) {}

  // One statement in a transaction of its own: one round trip.
  pqxx::result run(const Statement& statement, const std::vector<Parameter>& parameters = {});
  // The same inside a transaction.
  pqxx::result run(pqxx::transaction_base& transaction, const Statement& statement,
                   const std::vector<Parameter>& parameters = {});

  // One statement about the things of one account: to the database, other people's rows do not exist while it runs
  // (migration 0009; for a login that policies bind). Nobody has an empty id, and sees nothing. In a transaction of its
  // own: three round trips.
  pqxx::result run_for(const std::string& account_id, const Statement& statement,
                       const std::vector<Parameter>& parameters);

  pqxx::connection& connection() { return connection_; }
  // How many rows a statement without a result set changed.
  static bool changed_a_row(const pqxx::result& result) { return result.affected_rows() > 0; }

 private:
  pqxx::connection connection_;
};

// What kind of failure this is; decides whether the connection can be used again and the operation
// be repeated.
enum class FailureKind : std::uint8_t { refused, connection_lost, conflict };

FailureKind failure_kind(const pqxx::sql_error& error);
// One line for people, without values of rows.
StoreError describe(std::string_view operation, const pqxx::sql_error& error);
StoreError describe_lost_connection(const std::exception& error);

// '{"a","b"}': a text[] parameter.
std::string array_literal(const std::vector<std::string>& values);

}  // namespace mosaic
