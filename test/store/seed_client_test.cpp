// What the older product's own client does on our schema, which knows more columns than that client.
#include <gtest/gtest.h>

#include "test/store/seed_client.hpp"
#include "test/store/test_database.hpp"

namespace mosaic {
namespace {

TEST(SeedClient, InsertsReadsUpdatesAndDeletesInAllSixTables) {
  TestDatabase database;
  test::use_all_six_tables(database.options().url);
}

TEST(SeedClient, InsertsOnlyWhatItMust) {
  TestDatabase database;
  database.exec(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
                   VALUES ('u1', 'alice', 'c', 't', now());
                   INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "updatedAt")
                   VALUES ('s1', 'ops', 'operations', 't', 'm', now()))");
  EXPECT_EQ(
      database.value(R"(SELECT "desiredState" || "generation" || "phase" FROM "UserContainer")"),
      "auto1stopped");
}

TEST(SeedClient, IsTheRealPrismaClient) {
  if (!test::real_prisma_client_is_there())
    GTEST_SKIP() << "not fetched; ./dev test does it, by test/store/prisma/run --prepare";
  TestDatabase database;
  EXPECT_EQ(test::run_real_prisma_client(database.options().url), 0);
}

}  // namespace
}  // namespace mosaic
