#include "key_rotation/key_rotation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <set>

#include "store/migrator.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/proof.hpp"
#include "test/store/test_database.hpp"
#include "test/store/upgrade_fixture.hpp"

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* old_key = "the key before the rotation, of 32 or more";
constexpr const char* new_key = "the key after the rotation, of 32 or more";
constexpr const char* third_key = "a key that has to do with none, of 32 or more";

class Progress final : public KeyRotationProgress {
 public:
  void advanced(std::uint64_t done, std::uint64_t total) override {
    EXPECT_LE(done, total);
    ++batches;
    if (on_batch) on_batch();
  }
  bool wait(Duration duration) override {
    if (duration > Duration::zero() && on_pause) on_pause(duration);
    return goes_on();
  }

  int batches = 0;
  std::function<void()> on_batch;
  std::function<void(Duration)> on_pause;
  std::function<bool()> goes_on = [] { return true; };
};

// A database with secrets in every column that has any, and what they are.
class House {
 public:
  explicit House(int agents = 7) {
    exec(R"(UPDATE mosaic_instance SET "keyCheck" = )" +
         sql_text(SecretBox(old_key).key_check_value()));
    std::string agents_sql;
    for (int number = 0; number < agents; ++number)
      agents_sql += insert_agent(std::to_string(number));
    exec(agents_sql);
    exec(
        R"(INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "updatedAt") VALUES
           ('s', 's', 'operations', )" +
        secret("system token") + ", 'a/m', now())");
    exec(R"(UPDATE "SystemContainer" SET "nextGatewayToken" = )" + secret("system's next token") +
         R"(; UPDATE "UserContainer" SET "nextGatewayToken" = )" + secret("next token of 2") +
         R"( WHERE "id" = '2')");
    exec(R"(INSERT INTO "SystemConfig" ("id", "key", "value", "encrypted", "updatedAt") VALUES
           ('c', 'oidc.clientSecret', )" +
         secret("client secret") + R"(, true, now()),
           ('d', 'fleet.note', 'enc:is how a note may begin', false, now()))");
  }

  TestDatabase& database() { return database_; }
  std::vector<std::vector<std::string>> exec(const std::string& sql) { return database_.exec(sql); }
  std::string value(const std::string& sql) { return database_.value(sql); }

  void add_agent(const std::string& id) { exec(insert_agent(id)); }

  // What every encrypted text says, read with `box`; what it cannot read is "?".
  std::multiset<std::string> read_with(const SecretBox& box) {
    std::multiset<std::string> texts;
    for (const auto& row : exec(R"(
SELECT "apiKey" FROM "LlmProvider" UNION ALL SELECT "gatewayToken" FROM "UserContainer"
UNION ALL SELECT "gatewayToken" FROM "SystemContainer" UNION ALL SELECT "value" FROM "SystemConfig" WHERE "encrypted"
UNION ALL SELECT "body" FROM "IdempotencyRecord"
UNION ALL SELECT "nextGatewayToken" FROM "UserContainer" WHERE "nextGatewayToken" <> ''
UNION ALL SELECT "nextGatewayToken" FROM "SystemContainer" WHERE "nextGatewayToken" <> '')")) {
      try {
        texts.insert(box.decrypt(row[0]));
      } catch (const DecryptError&) {
        texts.insert("?");
      }
    }
    return texts;
  }
  const std::multiset<std::string>& planted() const { return planted_; }

  StoredKeys stored_keys() {
    Database pool(options());
    return KeyCheckStore(pool).stored_keys();
  }

  // As the command runs it.
  KeyRotationResult rotate(Progress& progress, const char* from = old_key, const char* to = new_key,
                           KeyRotationSettings settings = in_small_batches()) {
    Database pool(options());
    KeyCheckStore keys(pool);
    SecretColumns secrets(pool);
    return KeyRotation(keys, secrets, clock, from, to, settings).run(progress);
  }
  KeyRotationResult rotate() {
    Progress progress;
    return rotate(progress);
  }

  static KeyRotationSettings in_small_batches() {
    KeyRotationSettings settings;
    settings.batch_rows = 2;
    settings.settle = Duration::zero();
    return settings;
  }
  DatabaseOptions options(const std::string& application = "mosaic command") {
    DatabaseOptions options = database_.options();
    options.application_name = application;
    options.connections = 1;
    return options;
  }

  FakeClock clock;

 private:
  std::string insert_agent(const std::string& id) {
    const std::string name = sql_text(id);
    return R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt") VALUES ()" +
           name + "," + name + "," + name + "," + secret("token " + id) + R"(, now());
INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "apiKey", "updatedAt") VALUES ()" +
           name + "," + name + ", 'p', 'p', 'openai', " + secret("key " + id) + R"(, now());
INSERT INTO "IdempotencyRecord" ("accountId", "key", "fingerprint", "finished", "body", "expiresAt") VALUES ()" +
           name + "," + sql_text("key/" + id) + ", 'f', true, " + secret("answer " + id) +
           ", now() + interval '1 day');\n";
  }
  std::string secret(const std::string& text) {
    planted_.insert(text);
    return sql_text(SecretBox(old_key).encrypt(text));
  }

  TestDatabase database_;
  std::multiset<std::string> planted_;
};

// What is not a secret, nor of the rotation itself.
test::Rows all_else(House& house) {
  auto rows = test::rows_of(house.database());
  for (const auto& [table, columns] :
       std::map<std::string, std::string>{{"UserContainer", "gatewayToken,nextGatewayToken"},
                                          {"SystemContainer", "gatewayToken,nextGatewayToken"},
                                          {"LlmProvider", "apiKey"},
                                          {"IdempotencyRecord", "body"}}) {
    std::vector<std::string> without;
    for (const auto& row : house.exec("SELECT (to_jsonb(t) - '{" + columns +
                                      "}'::text[])::text FROM \"" + table + "\" t ORDER BY 1"))
      without.push_back(row[0]);
    rows[table] = without;
  }
  rows.erase("SystemConfig");
  rows.erase("mosaic_instance");
  rows.erase("AuditEntry");
  return rows;
}

TEST(KeyRotation, PutsEverySecretUnderTheNewKeyAndChangesNothingElse) {
  House house;
  const auto before = all_else(house);
  const auto result = house.rotate();
  EXPECT_EQ(result.rewritten, house.planted().size());
  EXPECT_THAT(result.unreadable, IsEmpty());
  EXPECT_FALSE(result.was_done);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
  EXPECT_EQ(house.read_with(SecretBox(old_key)).count("?"), house.planted().size());
  // Neither a generation nor a changeXid has moved: no agent is looked at because of it.
  EXPECT_EQ(all_else(house), before);
  EXPECT_EQ(house.value(R"(SELECT "value" FROM "SystemConfig" WHERE "id" = 'd')"),
            "enc:is how a note may begin");
}

TEST(KeyRotation, LeavesTheTriggersAtWorkForEverybodyElse) {
  House house;
  house.rotate();
  const auto generation = [&] {
    return house.value(R"(SELECT "generation" FROM "UserContainer" WHERE "id" = '1')");
  };
  const auto was = generation();
  house.exec(R"(UPDATE "UserContainer" SET "gatewayToken" = 'enc:another' WHERE "id" = '1')");
  EXPECT_NE(generation(), was);
}

TEST(KeyRotation, KnowsEveryColumnThatHoldsEncryptedTexts) {
  TestDatabase full(TestDatabase::Content::empty);
  ASSERT_NO_FATAL_FAILURE(test::fill_as_of(full, static_cast<int>(embedded_migrations().size())));
  std::set<std::string> known;
  for (const auto& column : secret_columns())
    known.insert(std::string(column.table) + column.column);
  std::size_t found = 0;
  for (const auto& place : full.exec(R"(
SELECT '"' || table_name || '"', '"' || column_name || '"' FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type = 'text' AND table_name <> 'mosaic_instance')")) {
    if (full.value("SELECT count(*) FROM " + place[0] + " WHERE " + place[1] + " LIKE 'enc:%'") ==
        "0")
      continue;
    ++found;
    EXPECT_TRUE(known.contains(place[0] + place[1])) << place[0] << '.' << place[1];
  }
  EXPECT_GT(found, 0U);
}

TEST(KeyRotation, ChangesTheProofOfTheKeyLast) {
  House house;
  Progress progress;
  progress.on_batch = [&] {
    const StoredKeys stored = house.stored_keys();
    EXPECT_TRUE(SecretBox(old_key).matches_key_check(stored.check.value_or("")));
    EXPECT_TRUE(SecretBox(new_key).matches_key_check(stored.next_check.value_or("")));
    // A process with both reads everything meanwhile, and may start; with one it may not.
    SecretBox both(new_key, old_key);
    both.open(stored);
    EXPECT_EQ(house.read_with(both), house.planted());
    EXPECT_FALSE(SecretBox(old_key).knows(stored));
    EXPECT_FALSE(SecretBox(new_key).knows(stored));
  };
  house.rotate(progress);
  EXPECT_GT(progress.batches, 5);
  const StoredKeys stored = house.stored_keys();
  EXPECT_TRUE(SecretBox(new_key).knows(stored));
  EXPECT_FALSE(SecretBox(old_key).knows(stored));
  EXPECT_FALSE(stored.next_check.has_value());
}

TEST(KeyRotation, KeepsFingerprintsThroughTwoRotations) {
  House house;
  const std::string fingerprint = SecretBox(old_key).fingerprint("configuration");
  house.rotate();
  SecretBox second(new_key);
  second.open(house.stored_keys());
  EXPECT_EQ(second.fingerprint("configuration"), fingerprint);
  Progress progress;
  house.rotate(progress, new_key, third_key);
  SecretBox third(third_key);
  third.open(house.stored_keys());
  EXPECT_EQ(third.fingerprint("configuration"), fingerprint);
}

TEST(KeyRotation, RefusesAWrongOldKeyBeforeAnythingIsWritten) {
  House house;
  const auto before = test::rows_of(house.database());
  Progress progress;
  try {
    house.rotate(progress, third_key, new_key);
    ADD_FAILURE() << "it was taken";
  } catch (const KeyRotationRefused& error) {
    EXPECT_THAT(error.what(), HasSubstr("the old key is not the key of this database"));
  }
  EXPECT_THROW(house.rotate(progress, old_key, old_key), KeyRotationRefused);
  EXPECT_EQ(test::rows_of(house.database()), before);
  EXPECT_EQ(progress.batches, 0);
}

TEST(KeyRotation, RefusesALoginThatMayDoOnlyWhatTheApiDoes) {
  House house;
  const auto options = house.database().api_options();
  const auto before = test::rows_of(house.database());
  Database pool(options);
  KeyCheckStore keys(pool);
  SecretColumns secrets(pool);
  Progress progress;
  try {
    KeyRotation(keys, secrets, house.clock, old_key, new_key).run(progress);
    ADD_FAILURE() << "it was taken";
  } catch (const KeyRotationRefused& error) {
    EXPECT_THAT(error.what(), HasSubstr("the login that owns the tables"));
  }
  EXPECT_EQ(test::rows_of(house.database()), before);
}

TEST(KeyRotation, StandsInTheAuditLogWithItsBeginningAndItsEnd) {
  House house;
  const auto entries = [&] {
    std::vector<std::string> details;
    for (const auto& row : house.exec(R"(SELECT "detail" FROM "AuditEntry"
WHERE "action" = 'secret-key.rotate' AND "via" = 'cli' AND "outcome" = 'ok' ORDER BY "id")"))
      details.push_back(row[0]);
    return details;
  };
  Progress progress;
  progress.goes_on = [&] { return progress.batches < 3; };
  EXPECT_THROW(house.rotate(progress), KeyRotationInterrupted);
  EXPECT_THAT(entries(), ElementsAre(HasSubstr("begun")));
  house.rotate();
  house.rotate();
  EXPECT_THAT(entries(), ElementsAre(HasSubstr("begun"), HasSubstr("done")));
}

TEST(KeyRotation, RefusesWhileAProcessOfTheFleetHasOneKey) {
  House house;
  const auto before = test::rows_of(house.database());
  Progress progress;
  {
    Database serving(house.options("mosaic"));
    serving.ping();
    EXPECT_THROW(house.rotate(progress), KeyRotationRefused);
    EXPECT_EQ(test::rows_of(house.database()), before);
  }
  house.database().kill_connections();
  Database serving(house.options(application_with_two_keys));
  serving.ping();
  EXPECT_EQ(house.rotate(progress).rewritten, house.planted().size());
}

TEST(KeyRotation, FindsWhatIsWrittenUnderTheOldKeyMeanwhile) {
  House house;
  Progress progress;
  bool late = false;
  progress.on_batch = [&] {
    // In a column that was passed through already.
    if (progress.batches == 8 && !std::exchange(late, true)) house.add_agent("0-late");
  };
  house.rotate(progress);
  EXPECT_TRUE(late);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
}

TEST(KeyRotation, LooksAgainOnceProcessesHaveHadTimeToHearOfTheNewKey) {
  House house;
  Progress progress;
  auto settings = House::in_small_batches();
  settings.settle = std::chrono::seconds(5);
  progress.on_pause = [&](Duration duration) {
    if (progress.on_pause && house.planted().count("key z") == 0) house.add_agent("z");
    house.clock.advance(duration);
  };
  house.rotate(progress, old_key, new_key, settings);
  EXPECT_EQ(house.planted().count("key z"), 1U);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
}

TEST(KeyRotation, PassesOverARowThatIsHeldAndComesBackToIt) {
  House house;
  DatabaseOptions options = house.options("another");
  TestDatabase& database = house.database();
  Database pool(options);
  SecretColumns holder(pool);
  Progress progress;
  int pauses = 0;
  progress.on_pause = [&](Duration) { ++pauses; };
  // Within the holder's transaction, which holds two of the rows, a whole pass runs to its end.
  holder.replace(secret_columns()[1], {}, 2, [&](const std::string&) -> std::optional<std::string> {
    if (progress.batches == 0) {
      auto once = House::in_small_batches();
      once.passes = 1;
      EXPECT_THROW(house.rotate(progress, old_key, new_key, once), KeyRotationInterrupted);
    }
    return std::nullopt;
  });
  EXPECT_EQ(database.exec(R"(SELECT FROM "UserContainer")").size(), 7U);
  EXPECT_EQ(house.read_with(SecretBox(old_key)).count("?"), house.planted().size() - 2);
  EXPECT_EQ(house.rotate().rewritten, 2U);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
  EXPECT_EQ(pauses, 1);
}

TEST(KeyRotation, TakesAlongWhatTheSeedWroteAndKeepsItsFormat) {
  House house;
  // Made by Node as the seed does it: test/secrets/seed_crypto.mjs, under old_key.
  house.exec(R"(UPDATE "LlmProvider" SET "apiKey" =
    'enc:ioaHyTp27AyhXMdXJCj7wK92VgoE5pQdT0LFZ2/+8oXCxlqYP/jiOSi3FtKVZkxPjTw=' WHERE "id" = '1')");
  EXPECT_THAT(house.rotate().unreadable, IsEmpty());
  const auto stored = house.value(R"(SELECT "apiKey" FROM "LlmProvider" WHERE "id" = '1')");
  EXPECT_TRUE(stored.starts_with("enc:"));
  EXPECT_EQ(SecretBox(new_key).decrypt(stored), "sk-written-by-the-seed");
}

TEST(KeyRotation, LeavesWhatNeitherKeyOpensAsItIsAndSaysSo) {
  House house;
  const std::string foreign = SecretBox(third_key).encrypt("foreign");
  house.exec(R"(UPDATE "LlmProvider" SET "apiKey" = )" + sql_text(foreign) +
             R"( WHERE "id" = '1')");
  house.exec(R"(UPDATE "LlmProvider" SET "apiKey" = 'enc:damaged' WHERE "id" = '2')");
  house.exec(R"(UPDATE "LlmProvider" SET "apiKey" = 'a plain key' WHERE "id" = '3')");
  const auto result = house.rotate();
  EXPECT_EQ(result.unreadable.at("provider keys"), 2U);
  const auto key_of = [&](const std::string& id) {
    return house.value(R"(SELECT "apiKey" FROM "LlmProvider" WHERE "id" = )" + sql_text(id));
  };
  EXPECT_EQ(key_of("1"), foreign);
  EXPECT_EQ(key_of("2"), "enc:damaged");
  EXPECT_EQ(key_of("3"), "a plain key");
  EXPECT_TRUE(SecretBox(new_key).knows(house.stored_keys()));
}

TEST(KeyRotation, GoesOnWhereItWasInterruptedAndOnlyWithTheSameKeys) {
  House house;
  Progress progress;
  progress.goes_on = [&] { return progress.batches < 3; };
  EXPECT_THROW(house.rotate(progress), KeyRotationInterrupted);
  const auto under_new = house.planted().size() - house.read_with(SecretBox(new_key)).count("?");
  EXPECT_GT(under_new, 0U);
  Progress other;
  EXPECT_THROW(house.rotate(other, old_key, third_key), KeyRotationRefused);
  EXPECT_THROW(house.rotate(other, new_key, third_key), KeyRotationRefused);
  EXPECT_EQ(house.rotate().rewritten, house.planted().size() - under_new);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
}

TEST(KeyRotation, MayBeGivenAgainOnceItIsDone) {
  House house;
  house.rotate();
  // A command that began before the end, and wrote after it.
  house.add_agent("late");
  const auto result = house.rotate();
  EXPECT_TRUE(result.was_done);
  EXPECT_EQ(result.rewritten, 3U);
  EXPECT_EQ(house.read_with(SecretBox(new_key)), house.planted());
}

// --- killed ---

// A rotation in a process of its own, which never comes to its end by itself. Tells of each batch by one byte.
class Victim {
 public:
  explicit Victim(House& house) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      rotate(house, ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    batches_ = ends[0];
  }
  ~Victim() { ::close(batches_); }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  // SIGKILL after so many batches, wherever the process is then. Whether that was its end.
  bool kill_after(int batches) {
    char byte = 0;
    for (int seen = 0; seen < batches; ++seen) {
      if (::read(batches_, &byte, 1) != 1) break;
    }
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

 private:
  static void rotate(House& house, int batches) {
    Progress progress;
    progress.on_batch = [&] {
      if (::write(batches, "b", 1) != 1) ::_exit(2);
    };
    progress.on_pause = [](Duration) { ::pause(); };
    auto settings = House::in_small_batches();
    settings.batch_rows = 5;
    settings.settle = std::chrono::hours(1);
    try {
      house.rotate(progress, old_key, new_key, settings);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }

  pid_t process_ = -1;
  int batches_ = -1;
};

TEST(KeyRotation, LosesNothingByTwentyKills) {
  constexpr int kills = 20;
  constexpr int agents = 400;  // three secrets each: 240 batches and more
  House house(agents);
  const auto before = all_else(house);
  std::size_t lost = 0;
  std::size_t under_old = 0;
  for (int round = 0; round < kills; ++round) {
    SCOPED_TRACE(round);
    Victim victim(house);
    ASSERT_TRUE(victim.kill_after(round * 11));
    // What it had sent is done or undone before we look.
    house.database().kill_connections();
    SecretBox both(new_key, old_key);
    const StoredKeys stored = house.stored_keys();
    ASSERT_TRUE(both.knows(stored));
    both.open(stored);
    if (house.read_with(both) != house.planted()) ++lost;
    under_old = house.planted().size() - house.read_with(SecretBox(old_key)).count("?");
  }
  EXPECT_EQ(lost, 0U);
  EXPECT_GT(under_old, 0U) << "the last kill did not hit a rotation in the middle";
  EXPECT_LT(under_old, house.planted().size());
  const auto result = house.rotate();
  EXPECT_EQ(result.rewritten, under_old);
  const bool whole =
      house.read_with(SecretBox(new_key)) == house.planted() && all_else(house) == before;
  EXPECT_TRUE(whole);
  test::write_proof({"kills",
                     "a rotation of the secret key that is killed in the middle loses nothing",
                     std::to_string(kills) + " kills, " + std::to_string(house.planted().size()) +
                         " secrets, all readable after each and under the new key at the end",
                     lost == 0 && whole && !testing::Test::HasFailure()});
}

}  // namespace
}  // namespace mosaic
