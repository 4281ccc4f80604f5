#include "test/e2e/database.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace mosaic::e2e {
namespace {

std::string unused_name() {
  static std::atomic<int> number{0};
  return "mosaic_e2e_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
}

std::string with_database(const std::string& url, const std::string& name) {
  return url.substr(0, url.rfind('/') + 1) + name;
}

void on_server(const std::string& statement) {
  pqxx::connection connection(required_environment("MOSAIC_TEST_DATABASE_URL"));
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

TestDatabase::TestDatabase() : name_(unused_name()) {
  url_ = with_database(required_environment("MOSAIC_TEST_DATABASE_URL"), name_);
  on_server("CREATE DATABASE " + name_);
  connection_ = std::make_unique<pqxx::connection>(url_);
}

TestDatabase::~TestDatabase() {
  connection_.reset();
  try {
    on_server("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server itself is gone; so is the database.
  }
}

}  // namespace mosaic::e2e
