#include "test/store/test_database.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <pqxx/pqxx>
#include <stdexcept>

#include "store/api_role.hpp"
#include "store/migrator.hpp"

namespace mosaic {
namespace {

std::string server_url() {
  const char* url = std::getenv("MOSAIC_TEST_DATABASE_URL");
  if (url == nullptr)
    throw std::runtime_error("MOSAIC_TEST_DATABASE_URL is not set: run ./dev test");
  return url;
}

void on_server(const std::string& sql) {
  pqxx::connection connection(server_url());
  pqxx::nontransaction(connection).exec(sql);
}

std::string unique_name(const std::string& purpose) {
  static std::atomic<int> counter{0};
  return "mosaic_" + purpose + "_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
}

DatabaseOptions options_for(const std::string& name) {
  DatabaseOptions options;
  options.url = test_database_url(name);
  return options;
}

// Migrated once, dropped when the process ends.
class Template {
 public:
  Template() : name(unique_name("template")) {
    on_server("CREATE DATABASE " + name);
    Migrator(options_for(name)).migrate();
  }
  ~Template() {
    try {
      on_server("DROP DATABASE " + name + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The whole private server goes away with the sandbox.
    }
  }
  const std::string name;
};

}  // namespace

std::string test_database_url(const std::string& database) {
  const std::string url = server_url();
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url + " dbname=" + database;
  const auto path = url.find('/', scheme + 3);
  if (path == std::string::npos) return url + "/" + database;
  const auto query = url.find('?', path);
  return url.substr(0, path + 1) + database + (query == std::string::npos ? "" : url.substr(query));
}

std::string sql_text(const std::string& text) {
  std::string result = "'";
  for (const char character : text)
    result += character == '\'' ? std::string("''") : std::string(1, character);
  return result + "'";
}

TestDatabase::TestDatabase(Content content) : name_(unique_name("test")) {
  if (content == Content::empty) {
    on_server("CREATE DATABASE " + name_);
  } else {
    static const Template migrated;
    on_server("CREATE DATABASE " + name_ + " TEMPLATE " + migrated.name);
    // A copy is another fleet.
    options_ = options_for(name_);
    exec("UPDATE mosaic_instance SET id = replace(gen_random_uuid()::text, '-', '')");
  }
  options_ = options_for(name_);
}

TestDatabase::~TestDatabase() {
  try {
    on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
    if (!api_role_.empty()) on_server("DROP ROLE " + api_role_);
  } catch (const std::exception&) {
    // The whole private server goes away with the sandbox.
  }
}

DatabaseOptions TestDatabase::api_options() {
  const ApiRoleState role = ApiRole(options_).establish();
  if (!role.in_force) throw std::runtime_error(role.hindrance);
  api_role_ = role.name;
  return acting_as(role, options_);
}

std::vector<std::vector<std::string>> TestDatabase::exec(const std::string& sql) {
  pqxx::connection connection(options_.url);
  pqxx::nontransaction transaction(connection);
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : transaction.exec(sql)) {
    auto& values = rows.emplace_back();
    for (const auto& field : row) values.emplace_back(field.is_null() ? "" : field.c_str());
  }
  return rows;
}

std::string TestDatabase::value(const std::string& sql) { return exec(sql).at(0).at(0); }

void TestDatabase::kill_connections() {
  exec(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> "
      "pg_backend_pid()");
}

}  // namespace mosaic
