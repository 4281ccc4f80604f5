#include "test/store/seed_client.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <pqxx/pqxx>

#include "test/checkout.hpp"

namespace mosaic::test {
namespace {

struct Table {
  std::string name;
  std::vector<std::pair<std::string, std::string>>
      columns;  // name, value of the first row; the first one is the id
  std::string changed_column;
  std::string changed_value;
};

const std::string moment = "2026-01-31 12:34:56.789";

std::vector<Table> tables() {
  return {
      {"SystemConfig",
       {{"id", "c1"},
        {"key", "fleet.image"},
        {"value", "x"},
        {"encrypted", "false"},
        {"updatedAt", moment}},
       "value",
       "y"},
      {"BreakglassUser",
       {{"id", "b1"},
        {"username", "admin"},
        {"passwordHash", "h"},
        {"isActive", "true"},
        {"createdAt", moment},
        {"updatedAt", moment}},
       "isActive",
       "false"},
      {"LlmProvider",
       {{"id", "p1"},
        {"userId", "alice"},
        {"name", "n"},
        {"displayName", "N"},
        {"type", "openai"},
        {"baseUrl", "u"},
        {"apiKey", "enc:k"},
        {"apiType", "openai-completions"},
        {"models", R"([{"id":"m"}])"},
        {"isActive", "true"},
        {"createdAt", moment},
        {"updatedAt", moment}},
       "models",
       "[]"},
      {"UserContainer",
       {{"id", "u1"},
        {"userId", "alice"},
        {"containerId", "c"},
        {"containerName", "mosaic-user-alice"},
        {"gatewayPort", "18789"},
        {"gatewayToken", "enc:t"},
        {"status", "running"},
        {"lastActiveAt", moment},
        {"idleTimeoutMin", "30"},
        {"config", "{}"},
        {"createdAt", moment},
        {"updatedAt", moment}},
       "status",
       "stopped"},
      {"SystemContainer",
       {{"id", "s1"},
        {"name", "mosaic-system-ops"},
        {"role", "operations"},
        {"containerId", "c"},
        {"gatewayPort", "18789"},
        {"gatewayToken", "enc:t"},
        {"status", "running"},
        {"primaryModel", "zai/glm-5"},
        {"isActive", "true"},
        {"createdAt", moment},
        {"updatedAt", moment}},
       "primaryModel",
       "zai/glm-6"},
      {"UserAgentConfig",
       {{"id", "a1"},
        {"userId", "alice"},
        {"primaryModel", "m"},
        {"fallbackModels", R"(["n"])"},
        {"personality", "p"},
        {"createdAt", moment},
        {"updatedAt", moment}},
       "personality",
       "q"},
  };
}

std::string column_list(const Table& table) {
  std::string list;
  for (const auto& [name, value] : table.columns) {
    list +=
        (list.empty() ? "\"public\".\"" : ", \"public\".\"") + table.name + "\".\"" + name + "\"";
  }
  return list;
}

std::string insert_sql(const Table& table) {
  std::string names;
  std::string numbers;
  for (std::size_t index = 0; index < table.columns.size(); ++index) {
    names += (index == 0 ? "\"" : ",\"") + table.columns[index].first + "\"";
    numbers += (index == 0 ? "$" : ",$") + std::to_string(index + 1);
  }
  return "INSERT INTO \"public\".\"" + table.name + "\" (" + names + ") VALUES (" + numbers +
         ") RETURNING " + column_list(table);
}

pqxx::result run(pqxx::connection& connection, const std::string& sql,
                 const std::vector<std::string>& values) {
  pqxx::work transaction(connection);
  const auto result = transaction.exec_params(
      sql, pqxx::prepare::make_dynamic_params(values.begin(), values.end()));
  transaction.commit();
  return result;
}

}  // namespace

void use_all_six_tables(const std::string& url) {
  pqxx::connection connection(url);
  for (const Table& table : tables()) {
    SCOPED_TRACE(table.name);
    const std::string qualified = "\"public\".\"" + table.name + "\"";
    std::vector<std::string> values;
    for (const auto& [name, value] : table.columns) values.push_back(value);
    ASSERT_EQ(run(connection, insert_sql(table), values).size(), 1u);
    const std::string id = table.columns[0].second;
    const auto read = run(connection,
                          "SELECT " + column_list(table) + " FROM " + qualified + " WHERE (" +
                              qualified + ".\"id\" = $1 AND 1=1) LIMIT $2 OFFSET $3",
                          {id, "1", "0"});
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].size(), static_cast<int>(table.columns.size()));
    const auto updated = run(connection,
                             "UPDATE " + qualified + " SET \"" + table.changed_column +
                                 "\" = $1, \"updatedAt\" = $2 WHERE (" + qualified +
                                 ".\"id\" = $3 AND 1=1) RETURNING " + column_list(table),
                             {table.changed_value, moment, id});
    ASSERT_EQ(updated.size(), 1u);
    EXPECT_EQ(std::string(updated[0]["\"" + table.changed_column + "\""].c_str()),
              std::string(table.changed_value == "false" ? "f" : table.changed_value));
  }
  for (const Table& table : tables()) {
    SCOPED_TRACE(table.name);
    const std::string qualified = "\"public\".\"" + table.name + "\"";
    const auto deleted = run(connection,
                             "DELETE FROM " + qualified + " WHERE (" + qualified +
                                 ".\"id\" = $1 AND 1=1) RETURNING " + column_list(table),
                             {table.columns[0].second});
    EXPECT_EQ(deleted.size(), 1u);
  }
}

bool real_prisma_client_is_there() {
  return std::filesystem::exists(source_folder() +
                                 "/test/store/prisma/node_modules/.mosaic-prepared");
}

int run_real_prisma_client(const std::string& url) {
  const std::string command = source_folder() + "/test/store/prisma/run '" + url + "'";
  return std::system(command.c_str());
}

}  // namespace mosaic::test
