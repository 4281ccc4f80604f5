#include "store/migrator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>

#include "store/postgres_store.hpp"
#include "test/store/test_database.hpp"

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view create_one =
    "CREATE TABLE one (id INTEGER); INSERT INTO one VALUES (1);";
constexpr Migration first{1, "first", "aaaa", create_one};
constexpr Migration second{2, "second", "bbbb", "CREATE TABLE two (id INTEGER);"};
constexpr Migration failing{
    2, "failing", "cccc",
    "ALTER TABLE one ADD COLUMN more TEXT; INSERT INTO one VALUES (2); SELECT 1 / 0;"};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "no error";
}

class MigratorTest : public testing::Test {
 protected:
  bool has_table(const std::string& name) {
    return database.value("SELECT to_regclass(" + sql_text(name) + ") IS NOT NULL") == "t";
  }
  TestDatabase database{TestDatabase::Content::empty};
};

TEST_F(MigratorTest, BringsAnEmptyDatabaseToThisProgramsSchema) {
  EXPECT_THROW(Migrator(database.options()).check(), SchemaTooOld);
  const auto report = Migrator(database.options()).migrate();
  EXPECT_EQ(report.version_before, 0);
  EXPECT_EQ(report.version, static_cast<int>(embedded_migrations().size()));
  EXPECT_EQ(report.applied.size(), embedded_migrations().size());
  EXPECT_NO_THROW(Migrator(database.options()).check());
  EXPECT_EQ(database.value("SELECT count(*) FROM mosaic_schema"), std::to_string(report.version));
}

TEST_F(MigratorTest, ChangesNothingTheSecondTime) {
  Migrator(database.options()).migrate();
  const std::string instance = database.value("SELECT id FROM mosaic_instance");
  const auto report = Migrator(database.options()).migrate();
  EXPECT_THAT(report.applied, ElementsAre());
  EXPECT_EQ(report.version_before, report.version);
  EXPECT_EQ(database.value("SELECT id FROM mosaic_instance"), instance);
}

TEST_F(MigratorTest, LetsSeveralStartAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> errors(4);
  for (auto& error : errors) {
    threads.emplace_back(
        [&] { error = error_of([&] { Migrator(database.options()).migrate(); }); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(errors, testing::Each("no error"));
  EXPECT_EQ(database.value("SELECT count(*) FROM mosaic_instance"), "1");
}

TEST_F(MigratorTest, LeavesTheOldSchemaWhenAMigrationFails) {
  const Migration before[] = {first};
  const Migration broken[] = {first, failing};
  const Migration mended[] = {first, second};
  Migrator(database.options(), before).migrate();
  const std::string message = error_of([&] { Migrator(database.options(), broken).migrate(); });
  EXPECT_THAT(message, HasSubstr("migration 2 (failing) failed and was undone: division by zero"));
  EXPECT_EQ(database.value("SELECT count(*) FROM one"), "1");
  EXPECT_EQ(
      database.value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'one'"),
      "1");
  EXPECT_EQ(database.value("SELECT max(version) FROM mosaic_schema"), "1");
  EXPECT_THAT(Migrator(database.options(), mended).migrate().applied, ElementsAre("second"));
}

TEST_F(MigratorTest, RefusesADatabaseOfANewerProgram) {
  const Migration newer[] = {first, second};
  const Migration older[] = {first};
  Migrator(database.options(), newer).migrate();
  EXPECT_THROW(Migrator(database.options(), older).migrate(), SchemaTooNew);
  EXPECT_THROW(Migrator(database.options(), older).check(), SchemaTooNew);
  EXPECT_EQ(error_of([&] { Migrator(database.options(), older).migrate(); }),
            "the database has schema version 2, this program knows only up to 1: run a newer "
            "mosaic; nothing was changed");
}

TEST_F(MigratorTest, RefusesAHistoryThatIsNotItsOwn) {
  const Migration ours[] = {first};
  const Migration theirs[] = {{1, "first", "dddd", create_one}};
  Migrator(database.options(), ours).migrate();
  EXPECT_THAT(error_of([&] { Migrator(database.options(), theirs).migrate(); }),
              HasSubstr("migration 1 of the database is not the one this program has"));
}

TEST_F(MigratorTest, NamesTheSessionThatHoldsTheLock) {
  DatabaseOptions blocking = database.options();
  pqxx::connection connection(blocking.url + (blocking.url.find("://") == std::string::npos
                                                  ? " application_name=slowpoke"
                                                  : "?application_name=slowpoke"));
  pqxx::nontransaction holder(connection);
  holder.exec("SELECT pg_advisory_lock(120317312526691)");
  const std::string message = error_of([&] { Migrator(database.options()).migrate(Duration(50)); });
  EXPECT_THAT(message, HasSubstr("'slowpoke'"));
  EXPECT_THAT(message, HasSubstr("has been migrating this database for more than 50 ms"));
  holder.exec("SELECT pg_advisory_unlock(120317312526691)");
  EXPECT_EQ(error_of([&] { Migrator(database.options()).migrate(); }), "no error");
}

TEST_F(MigratorTest, TakesOverADatabaseOfTheSeedWithItsData) {
  // The tables as the older product's migration made them: the same statements, without the IF NOT
  // EXISTS.
  std::string sql(embedded_migrations()[0].sql);
  sql = sql.substr(0, sql.find("DO $$"));
  database.exec(sql);
  database.exec(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
                   VALUES ('u1', 'alice', 'mosaic-user-alice', 'enc:x', now());
                   INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "updatedAt")
                   VALUES ('c1', 'alice', 'zai/glm-5', now()))");
  Migrator(database.options()).migrate();
  Database pool(database.options());
  PostgresStore store(pool);
  const auto row = store.find_agent(ResourceKey(ResourceKind::user_container, "u1")).value();
  EXPECT_EQ(row.owner, "alice");
  EXPECT_EQ(row.generation, 1);
  EXPECT_EQ(store.find_config_source(row.key)->primary_model, "zai/glm-5");
}

TEST_F(MigratorTest, RefusesForeignTablesOfTheSameName) {
  database.exec(R"(CREATE TABLE "UserContainer" ("id" TEXT PRIMARY KEY, "owner" TEXT))");
  EXPECT_THAT(error_of([&] { Migrator(database.options()).migrate(); }),
              HasSubstr("table \"UserContainer\" exists already but has no column \"userId\""));
  EXPECT_FALSE(has_table("\"LlmProvider\""));
  database.exec(
      R"(DROP TABLE "UserContainer"; CREATE TABLE "SystemConfig" ("id" INTEGER NOT NULL))");
  EXPECT_THAT(error_of([&] { Migrator(database.options()).migrate(); }),
              HasSubstr("column \"id\" of table \"SystemConfig\""));
}

TEST_F(MigratorTest, WorksInASchemaOfItsOwn) {
  database.exec("CREATE SCHEMA fleet");
  DatabaseOptions options = database.options();
  options.url += options.url.find("://") == std::string::npos ? " options='-c search_path=fleet'"
                                                              : "?schema=fleet";
  Migrator(options).migrate();
  EXPECT_EQ(database.value(
                "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"),
            "0");
  // A client with another search path still fires our triggers.
  database.exec(
      R"(INSERT INTO fleet."UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
                   VALUES ('u1', 'alice', 'c', 't', now());
                   UPDATE fleet."UserContainer" SET "containerName" = 'd'; DELETE FROM fleet."UserContainer")");
  EXPECT_EQ(database.value(R"(SELECT "id" FROM fleet."AgentTombstone")"), "u1");
}

}  // namespace
}  // namespace mosaic
