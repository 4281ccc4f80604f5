// A database of the test's own on the private Postgres, and plain SQL in it, as any client of the tables would send it.
//
// Used from one thread.
#pragma once

#include <pqxx/pqxx>

#include <memory>
#include <string>

namespace mosaic::e2e {

// The value of an environment variable that `./dev test` sets; throws one line that says so when it is missing.
std::string required_environment(const std::string& name);

class TestDatabase {
 public:
  // On the server of the sandbox, or on another one: "postgresql://USER@HOST:PORT/DATABASE".
  explicit TestDatabase(const std::string& server = {});
  ~TestDatabase();  // drops it, connections of others included
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }
  // After the server was away; throws pqxx::broken_connection while it still is.
  void reconnect();

  // One statement in a transaction of its own.
  template <typename... Values>
  pqxx::result sql(const std::string& statement, const Values&... values) {
    pqxx::work transaction(*connection_);
    auto result = transaction.exec_params(statement, values...);
    transaction.commit();
    return result;
  }

 private:
  const std::string server_;
  std::string name_;
  std::string url_;
  std::unique_ptr<pqxx::connection> connection_;
};

// An account with an API token of these scopes ("chat read"); what its requests are signed with. role: user, admin.
std::string insert_account(TestDatabase& database, const std::string& id, const std::string& role,
                           const std::string& scopes);

}  // namespace mosaic::e2e
