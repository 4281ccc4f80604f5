// A database of the benchmark's own on the sandbox's Postgres, brought to the present schema, and plain SQL in it.
//
// Used from one thread. The destructor drops the database, connections of others included.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>

namespace mosaic::bench {

// The value of an environment variable that a sandbox sets; throws one line that says so when it is missing.
std::string required_environment(const std::string& name);

class BenchDatabase {
 public:
  BenchDatabase();
  ~BenchDatabase();
  BenchDatabase(const BenchDatabase&) = delete;
  BenchDatabase& operator=(const BenchDatabase&) = delete;

  const std::string& url() const { return url_; }
  // Of the connection that sql() uses, for prepared statements and transactions.
  pqxx::connection& connection() { return *connection_; }

  // One statement in a transaction of its own.
  template <typename... Values>
  pqxx::result sql(const std::string& statement, const Values&... values) {
    pqxx::work transaction(*connection_);
    auto result = transaction.exec_params(statement, values...);
    transaction.commit();
    return result;
  }

  // For what may not run inside a transaction.
  void maintain(const std::string& statement);

 private:
  std::string name_;
  std::string url_;
  std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace mosaic::bench
