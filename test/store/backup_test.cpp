// What a backup keeps of a database, and what a restore makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <pqxx/pqxx>

#include "store/api_role.hpp"
#include "store/database_dump.hpp"
#include "store/database_restore.hpp"
#include "store/postgres_store.hpp"
#include "store/schema_objects.hpp"
#include "test/proof.hpp"
#include "test/store/upgrade_fixture.hpp"

namespace mosaic {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr const char* fixture_instance = "0123456789abcdef0123456789abcdef";

int newest() { return static_cast<int>(embedded_migrations().size()); }

struct Backup {
  DatabaseShape shape;
  std::map<std::string, std::string> lines;  // by table
};

Backup back_up(const TestDatabase& database) {
  DatabaseDump dump(database.options());
  Backup backup;
  backup.shape = dump.shape();
  for (const auto& table : backup.shape.tables) {
    auto& lines = backup.lines[table.name];
    dump.copy(table, [&](std::string_view bytes) { lines.append(bytes); });
  }
  return backup;
}

// In pieces that end anywhere.
std::function<bool(std::string&)> source_of(const std::string& lines) {
  return [&lines, at = std::size_t{0}](std::string& into) mutable {
    if (at == lines.size()) return false;
    const std::size_t taken = std::min<std::size_t>(37, lines.size() - at);
    into.append(lines, at, taken);
    at += taken;
    return true;
  };
}

void fill(DatabaseRestore& restore, const Backup& backup) {
  restore.begin();
  for (const auto& table : backup.shape.tables)
    restore.fill(table, source_of(backup.lines.at(table.name)));
}

MigrationReport put_back(const TestDatabase& database, const Backup& backup,
                         const std::string& replaces = "") {
  DatabaseRestore restore(database.options(), backup.shape, replaces);
  fill(restore, backup);
  const auto report = restore.complete();
  restore.commit();
  return report;
}

class BackupTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(test::fill_as_of(full, newest())); }
  std::string tables_in(TestDatabase& database) {
    return database.value(
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        "current_schema()::regnamespace");
  }
  // Without "expiresAt", which is also what sessions and tokens have.
  static test::Rows but_lease(test::Rows rows) {
    rows.erase("ControllerLease");
    return rows;
  }
  TestDatabase full{TestDatabase::Content::empty};
  TestDatabase target{TestDatabase::Content::empty};
};

TEST_F(BackupTest, KeepsEveryTableThatThisProgramsMigrationsMake) {
  std::vector<std::string> in_database;
  for (const auto& [table, rows] : test::rows_of(full)) in_database.push_back(table);
  std::vector<std::string> kept;
  for (const auto& table : back_up(full).shape.tables) kept.push_back(table.name);
  EXPECT_THAT(kept, testing::UnorderedElementsAreArray(in_database));
  EXPECT_THAT(tables_made_by(embedded_migrations()),
              testing::UnorderedElementsAreArray(in_database));
}

TEST_F(BackupTest, KeepsNoTableWhoseRowsMayBeGoneAtAnyMoment) {
  const auto unlogged = unlogged_tables_made_by(embedded_migrations());
  EXPECT_EQ(std::to_string(unlogged.size()),
            full.value("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relpersistence = 'u' "
                       "AND relnamespace = current_schema()::regnamespace"));
  for (const auto& table : back_up(full).shape.tables)
    EXPECT_THAT(unlogged, testing::Not(testing::Contains(table.name)));
}

TEST_F(BackupTest, LeavesOtherProductsTablesAlone) {
  full.exec("CREATE TABLE \"User\" (\"id\" TEXT); INSERT INTO \"User\" VALUES ('other')");
  for (const auto& table : back_up(full).shape.tables) EXPECT_NE(table.name, "User");
  put_back(full, back_up(full), fixture_instance);
  EXPECT_EQ(full.value("SELECT \"id\" FROM \"User\""), "other");
}

TEST_F(BackupTest, RestoresEveryRowIntoAnEmptyDatabase) {
  const auto before = test::rows_of(full);
  const auto report = put_back(target, back_up(full));
  EXPECT_EQ(report.version, newest());
  EXPECT_THAT(report.applied, IsEmpty());
  const std::vector<std::string> transactions{"changeXid", "configXid", "settingsXid", "relistXid"};
  EXPECT_THAT(test::lost_rows(target, but_lease(before), transactions), IsEmpty());
  const auto after = test::rows_of(target);
  std::size_t rows = 0;
  for (const auto& [table, list] : before) {
    EXPECT_EQ(after.at(table).size(), list.size()) << table;
    rows += list.size();
  }
  test::write_proof({"backup", "a restored database has every row of the backup",
                     std::to_string(before.size()) + " tables, " + std::to_string(rows) + " rows",
                     !HasFailure()});
}

// The role is the server's and the fingerprint of its rights is a row's; the rights themselves are in no backup.
TEST_F(BackupTest, LeavesTheApisRoleToBeGivenItsRightsAnew) {
  const auto acting = full.api_options();
  put_back(target, back_up(full));
  EXPECT_FALSE(ApiRole(target.options()).inspect().in_force);
  const auto role = ApiRole(target.options()).establish();
  EXPECT_TRUE(role.in_force) << role.hindrance;
  EXPECT_EQ(role.name, acting.role);
  Database pool(acting_as(role, target.options()));
  EXPECT_EQ(PostgresStore(pool).instance_id(), fixture_instance);
}

TEST_F(BackupTest, KeepsWhoTheDatabaseIsAndTheTermButNotWhoLed) {
  put_back(target, back_up(full));
  Database pool(target.options());
  PostgresStore store(pool);
  EXPECT_EQ(store.instance_id(), fixture_instance);
  EXPECT_EQ(store.lease().term, 9);
  EXPECT_EQ(store.lease().holder, "");
  EXPECT_GT(store.acquire_lease("me", std::chrono::seconds(15), "").value_or(0), 9);
}

TEST_F(BackupTest, LeavesADatabaseThatGoesOnAsBefore) {
  put_back(target, back_up(full));
  // Counters go on, triggers fire, the change feed sees the row.
  target.exec(R"(INSERT INTO "AgentEvent" ("at", "kind", "agentId", "severity", "reason", "message")
                 VALUES (now(), 'user', 'user-1', 'normal', 'Next', ''))");
  EXPECT_EQ(target.value(R"(SELECT "id" FROM "AgentEvent" WHERE "reason" = 'Next')"), "4");
  const auto generation =
      target.value(R"(SELECT "generation" FROM "UserContainer" WHERE "id" = 'user-2')");
  target.exec(R"(UPDATE "UserContainer" SET "memoryMb" = 700 WHERE "id" = 'user-2')");
  EXPECT_NE(target.value(R"(SELECT "generation" FROM "UserContainer" WHERE "id" = 'user-2')"),
            generation);
  EXPECT_EQ(target.value(
                R"(SELECT count(*) FROM "UserContainer" WHERE "changeXid" > pg_current_xact_id())"),
            "0");
  EXPECT_NO_THROW(Migrator(target.options()).check());
}

TEST_F(BackupTest, IsOfOneMomentWhateverIsWrittenMeanwhile) {
  DatabaseDump dump(full.options());
  full.exec(R"(DELETE FROM "LlmProvider"; UPDATE "UserContainer" SET "image" = 'later')");
  for (const auto& table : dump.shape().tables) {
    std::string lines;
    dump.copy(table, [&](std::string_view bytes) { lines.append(bytes); });
    if (table.name == "LlmProvider") {
      EXPECT_THAT(lines, HasSubstr("provider-1"));
    }
    EXPECT_THAT(lines, testing::Not(HasSubstr("later")));
  }
}

TEST_F(BackupTest, OfEveryReleasedSchemaIsBroughtForward) {
  std::size_t lost = 0;
  // Version 1 is the seed's own: without an instance there was no fleet to back up.
  for (int version = 2; version < newest(); ++version) {
    SCOPED_TRACE(version);
    TestDatabase old(TestDatabase::Content::empty);
    TestDatabase fresh(TestDatabase::Content::empty);
    ASSERT_NO_FATAL_FAILURE(test::fill_as_of(old, version));
    const auto before = test::rows_of(old);
    const auto report = put_back(fresh, back_up(old));
    EXPECT_EQ(report.version_before, version);
    EXPECT_EQ(report.version, newest());
    const std::vector<std::string> transactions{"changeXid", "configXid", "settingsXid",
                                                "relistXid"};
    const auto missing = test::lost_rows(fresh, but_lease(before), transactions);
    EXPECT_THAT(missing, IsEmpty());
    lost += missing.size();
    EXPECT_NO_THROW(Migrator(fresh.options()).check());
  }
  test::write_proof({"backup", "a backup of an older schema is restored and brought forward",
                     "schema versions 2 to " + std::to_string(newest() - 1) + " to " +
                         std::to_string(newest()) + ", " + std::to_string(lost) + " rows lost",
                     !HasFailure()});
}

TEST_F(BackupTest, OfANewerProgramIsRefusedInOneLine) {
  const auto backup = back_up(full);
  const auto known = embedded_migrations().first(embedded_migrations().size() - 1);
  EXPECT_THAT([&] { DatabaseRestore(target.options(), backup.shape, "", known); },
              ThrowsMessage<SchemaTooNew>(
                  HasSubstr("the backup has schema version " + std::to_string(newest()) +
                            ", this program knows only up to " + std::to_string(newest() - 1))));
  EXPECT_EQ(tables_in(target), "0");
}

TEST_F(BackupTest, RefusesADatabaseThatIsNotEmptyUnlessItsNameIsTyped) {
  const auto backup = back_up(full);
  TestDatabase used;
  const std::string instance = used.value("SELECT \"id\" FROM mosaic_instance");
  const auto before = test::rows_of(used);
  EXPECT_THAT([&] { DatabaseRestore(used.options(), backup.shape, ""); },
              ThrowsMessage<StoreError>(HasSubstr("--replace " + instance)));
  EXPECT_THAT([&] { DatabaseRestore(used.options(), backup.shape, fixture_instance); },
              ThrowsMessage<StoreError>(HasSubstr("--replace " + instance)));
  EXPECT_EQ(test::rows_of(used), before);
  put_back(used, backup, instance);
  EXPECT_EQ(used.value("SELECT \"id\" FROM mosaic_instance"), fixture_instance);
}

TEST_F(BackupTest, RefusesWhileAProcessOfOursIsConnectedOrAControllerLeads) {
  const auto backup = back_up(full);
  const std::string instance = full.value("SELECT \"id\" FROM mosaic_instance");
  {
    Database pool(full.options());
    pool.ping();
    EXPECT_THAT([&] { DatabaseRestore(full.options(), backup.shape, instance); },
                ThrowsMessage<StoreError>(HasSubstr("end every mosaic up")));
  }
  full.exec(
      R"(UPDATE "ControllerLease" SET "holder" = 'host/7', "expiresAt" = now() + interval '1 minute')");
  EXPECT_THAT([&] { DatabaseRestore(full.options(), backup.shape, instance); },
              ThrowsMessage<StoreError>(HasSubstr("a controller leads this database (host/7)")));
}

TEST_F(BackupTest, RefusesTheTablesOfAnotherProduct) {
  target.exec("CREATE TABLE \"LlmProvider\" (\"id\" TEXT)");
  EXPECT_THAT([&] { DatabaseRestore(target.options(), back_up(full).shape, ""); },
              ThrowsMessage<StoreError>(HasSubstr("of another product")));
}

TEST_F(BackupTest, LeavesNothingWhenItsConnectionIsKilledAnywhereOnTheWay) {
  const auto backup = back_up(full);
  int held = 0;
  const int stops = static_cast<int>(backup.shape.tables.size()) + 2;
  for (int stop = 0; stop < stops; ++stop) {
    SCOPED_TRACE(stop);
    {
      DatabaseRestore restore(target.options(), backup.shape, "");
      restore.begin();
      int table = 0;
      for (; table < stop && table < stops - 2; ++table) {
        const auto& shape = backup.shape.tables[static_cast<std::size_t>(table)];
        restore.fill(shape, source_of(backup.lines.at(shape.name)));
      }
      if (stop == stops - 1) restore.complete();
      target.kill_connections();
      EXPECT_THROW(restore.commit(), StoreError);
    }
    if (tables_in(target) == "0") ++held;
  }
  EXPECT_EQ(held, stops);
  test::write_proof({"backup", "a restore that is killed on its way leaves nothing",
                     std::to_string(held) + " of " + std::to_string(stops) +
                         " kills, one after each step, left an empty database",
                     held == stops});
  put_back(target, backup);
  EXPECT_EQ(target.value("SELECT \"id\" FROM mosaic_instance"), fixture_instance);
}

TEST_F(BackupTest, OfATableCutOffInsideALineIsRefused) {
  auto backup = back_up(full);
  backup.lines["LlmProvider"].resize(backup.lines["LlmProvider"].size() - 3);
  EXPECT_THROW(put_back(target, backup), StoreError);
  EXPECT_EQ(tables_in(target), "0");
}

}  // namespace
}  // namespace mosaic
