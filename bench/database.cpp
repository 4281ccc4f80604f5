#include "bench/database.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "store/migrator.hpp"

namespace mosaic::bench {
namespace {

std::string with_database(const std::string& url, const std::string& name) {
  const auto slash = url.rfind('/');
  if (slash == std::string::npos || slash + 1 == url.size()) {
    throw std::runtime_error("MOSAIC_TEST_DATABASE_URL names no database");
  }
  return url.substr(0, slash + 1) + name;
}

void run_on_server(const std::string& url, const std::string& statement) {
  pqxx::connection connection(url);
  pqxx::nontransaction(connection).exec(statement);
}

}  // namespace

std::string required_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(name + " is not set: run this through ./dev bench");
  }
  return value;
}

BenchDatabase::BenchDatabase() : name_("mosaic_bench_" + std::to_string(::getpid())) {
  const std::string server = required_environment("MOSAIC_TEST_DATABASE_URL");
  url_ = with_database(server, name_);
  run_on_server(server, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  run_on_server(server, "CREATE DATABASE " + name_);
  DatabaseOptions options;
  options.url = url_;
  Migrator(options).migrate();
  connection_ = std::make_unique<pqxx::connection>(url_);
  connection_->set_variable("client_min_messages", "warning");
  connection_->set_variable("timezone", "'UTC'");
}

BenchDatabase::~BenchDatabase() {
  connection_.reset();
  try {
    run_on_server(required_environment("MOSAIC_TEST_DATABASE_URL"),
                  "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::cerr << "the database " << name_ << " could not be dropped: " << error.what() << '\n';
  }
}

void BenchDatabase::maintain(const std::string& statement) {
  pqxx::nontransaction(*connection_).exec(statement);
}

}  // namespace mosaic::bench
