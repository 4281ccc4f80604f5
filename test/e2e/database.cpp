#include "test/e2e/database.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "secrets/token.hpp"

namespace mosaic::e2e {
namespace {

std::string unused_name() {
  static std::atomic<int> number{0};
  return "mosaic_e2e_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
}

std::string with_database(const std::string& url, const std::string& name) {
  return url.substr(0, url.rfind('/') + 1) + name;
}

void on_server(const std::string& server, const std::string& statement) {
  pqxx::connection connection(server);
  pqxx::nontransaction transaction(connection);
  transaction.exec(statement);
}

}  // namespace

std::string required_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(name + " is not set: run ./dev test");
  return value;
}

TestDatabase::TestDatabase(const std::string& server)
    : server_(server.empty() ? required_environment("MOSAIC_TEST_DATABASE_URL") : server),
      name_(unused_name()) {
  url_ = with_database(server_, name_);
  on_server(server_, "CREATE DATABASE " + name_);
  reconnect();
}

void TestDatabase::reconnect() { connection_ = std::make_unique<pqxx::connection>(url_); }

TestDatabase::~TestDatabase() {
  connection_.reset();
  try {
    on_server(server_, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server itself is gone; so is the database.
  }
}

std::string insert_account(TestDatabase& database, const std::string& id, const std::string& role,
                           const std::string& scopes) {
  database.sql(R"(INSERT INTO "FleetUser" ("id", "source", "claimedRole", "createdAt")
                  VALUES ($1, 'breakglass', $2, now()))",
               id, role);
  const std::string token = random_id();
  const std::string secret = generate_token();
  database.sql(
      R"(INSERT INTO "ApiToken" ("id", "accountId", "name", "secretHash", "scopes", "createdAt")
         VALUES ($1, $2, 'test', $3, $4, now() AT TIME ZONE 'UTC'))",
      token, id, sha256_hex(secret), scopes);
  return "mos_" + token + "_" + secret;
}

}  // namespace mosaic::e2e
