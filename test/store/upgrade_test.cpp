// Whatever version a database was left at, this program brings it forward and loses nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/database_dump.hpp"
#include "store/migrator.hpp"
#include "test/proof.hpp"
#include "test/store/seed_client.hpp"
#include "test/store/upgrade_fixture.hpp"

namespace mosaic {
namespace {

using testing::IsEmpty;

int newest() { return static_cast<int>(embedded_migrations().size()); }

class UpgradeTest : public testing::Test {
 protected:
  TestDatabase database{TestDatabase::Content::empty};
};

// A column that no fixture fills would be upgraded without anybody noticing that it is lost.
TEST_F(UpgradeTest, IsTriedWithAValueInEveryColumn) {
  ASSERT_NO_FATAL_FAILURE(test::fill_as_of(database, newest()));
  EXPECT_THAT(test::empty_columns(database), IsEmpty());
}

TEST_F(UpgradeTest, OfEveryReleasedStepLosesNoRowAndLeavesTheSeedsClientWorking) {
  std::size_t rows = 0;
  std::size_t lost = 0;
  for (int version = 1; version <= newest(); ++version) {
    SCOPED_TRACE(version);
    TestDatabase old(TestDatabase::Content::empty);
    ASSERT_NO_FATAL_FAILURE(test::fill_as_of(old, version));
    const auto before = test::rows_of(old);
    Migrator(old.options()).migrate();
    const auto missing = test::lost_rows(old, before);
    EXPECT_THAT(missing, IsEmpty());
    lost += missing.size();
    for (const auto& [table, list] : before) rows += list.size();
    test::use_all_six_tables(old.options().url);
    // What the client did is in the feed of changes.
    EXPECT_THAT(test::lost_rows(old, before, {"settingsXid", "relistXid"}), IsEmpty());
  }
  test::write_proof({"backup", "every released schema is upgraded with nothing lost",
                     std::to_string(newest()) + " versions, " + std::to_string(rows - lost) +
                         " of " + std::to_string(rows) + " rows kept",
                     lost == 0 && !HasFailure()});
}

TEST_F(UpgradeTest, LeavesTheRealPrismaClientWorking) {
  if (!test::real_prisma_client_is_there())
    GTEST_SKIP() << "not fetched; ./dev test does it, by test/store/prisma/run --prepare";
  ASSERT_NO_FATAL_FAILURE(test::fill_as_of(database, 1));
  Migrator(database.options()).migrate();
  EXPECT_EQ(test::run_real_prisma_client(database.options().url), 0);
}

}  // namespace
}  // namespace mosaic
