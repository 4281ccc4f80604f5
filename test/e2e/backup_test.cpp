// A fleet is backed up, everything is wiped, and it comes back: the real command on a real Postgres and a real engine.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <random>

#include "test/e2e/fleet.hpp"
#include "test/proof.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

// What an agent's state may look like: owners, modes, links, a large file, times.
constexpr const char* write_state =
    "umask 077; cd /home/node/.openclaw && mkdir -p deep/er && chmod 0711 deep && "
    "echo remembered > deep/er/memory && chmod 0640 deep/er/memory && ln -s er/memory deep/link && "
    "head -c 9000000 /dev/urandom > large && touch -d '2020-02-03 04:05:06' large && "
    "echo written > /home/node/workspace/report.md";
constexpr const char* describe_state =
    "cd /home/node && find .openclaw/deep .openclaw/large workspace/report.md | sort | while read "
    "f; do "
    "stat -c '%n %f %u %g' \"$f\"; done; stat -c '%f %u %g' .openclaw workspace; stat -c '%Y' "
    ".openclaw/large; readlink .openclaw/deep/link; cat .openclaw/large .openclaw/deep/link "
    "workspace/report.md | sha256sum";

// Enough for a restore to take a while.
constexpr int filler_events = 50000;

class Backup : public FleetTest {
 protected:
  std::filesystem::path file() const { return fleet.folder() / "fleet.tar"; }

  std::string inside(const std::string& id, const std::string& script) {
    return fleet.engine().docker({"exec", fleet.containers_of(id).at(0).id, "sh", "-ec", script});
  }

  void make_fleet() {
    for (const std::string owner : {"alice", "bob"}) {
      fleet.insert_user("c-" + owner, owner);
      fleet.touch("c-" + owner);
    }
    for (const std::string owner : {"alice", "bob"}) {
      ASSERT_TRUE(fleet.becomes("c-" + owner, "running"));
      inside("c-" + owner, write_state);
      state_[owner] = inside("c-" + owner, describe_state);
    }
  }

  void back_up(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"backup", file().string(), "--agent-image", instant_image()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto done = fleet.run_mosaic(arguments);
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_NE(done.err.find("the backup is complete"), std::string::npos) << done.err;
  }

  bool containers_run() {
    for (const std::string id : {"c-alice", "c-bob"}) {
      const auto containers = fleet.containers_of(id);
      if (containers.size() != 1 || containers[0].state != "running") return false;
    }
    return true;
  }

  // Whoever is killed leaves a lease that is in force for a while.
  void end_gracefully() {
    fleet.controller().signal(SIGTERM);
    EXPECT_EQ(fleet.controller().wait(20s), 0);
    fleet.end_processes();
  }

  void wipe() {
    fleet.end_processes();
    fleet.engine().remove_everything_of(fleet.instance());
    fleet.database().sql("DROP SCHEMA public CASCADE");
    fleet.database().sql("CREATE SCHEMA public");
  }

  bool database_is_empty() {
    return fleet.database()
        .sql("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1")
        .empty();
  }

  int fillers() {
    return fleet.database()
        .sql(R"(SELECT count(*) FROM "AgentEvent" WHERE "reason" = 'Filler')")[0][0]
        .as<int>();
  }

  Finished restore(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"restore", file().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fleet.run_mosaic(arguments);
  }

  void expect_state_is_back(const std::string& owner) {
    const std::string id = "c-" + owner;
    fleet.touch(id);
    // The row says what it said in the backup until the controller has looked.
    ASSERT_TRUE(eventually(30s, [&] {
      const auto containers = fleet.containers_of(id);
      return containers.size() == 1 && containers[0].state == "running";
    }));
    ASSERT_TRUE(fleet.becomes(id, "running"));
    EXPECT_EQ(inside("c-" + owner, describe_state), state_[owner]);
  }

  std::map<std::string, std::string> state_;
};

TEST_F(Backup, BringsAWholeFleetBackOnAnEmptyMachine) {
  make_fleet();
  back_up({"--volumes"});
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  // Who was awake is awake again, and asks for what they asked for before.
  EXPECT_TRUE(fleet.becomes("c-alice", "running"));
  EXPECT_EQ(fleet.database()
                .sql(R"(SELECT count(*) FROM "UserContainer" WHERE "desiredState" <> 'auto')")[0][0]
                .as<int>(),
            0);
  wipe();
  const auto done = restore({"--volumes"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(fleet.database().sql(R"(SELECT "id" FROM mosaic_instance)")[0][0].as<std::string>(),
            fleet.instance());
  fleet.start_api();
  fleet.start_controller();
  for (const std::string owner : {"alice", "bob"}) expect_state_is_back(owner);
  EXPECT_EQ(fleet.engine().volumes(fleet.instance()).size(), 4u);
  test::write_proof({"backup", "a fleet runs on an empty machine with its agents' state",
                     "2 agents, 4 volumes: owners, modes, links, times and content are the same",
                     !HasFailure()});
}

TEST_F(Backup, NamesNoAgentThatItWasNotAskedFor) {
  make_fleet();
  back_up({"--volumes", "bob"});
  wipe();
  EXPECT_EQ(restore({"--volumes", "alice"}).exit_code, 3);
  ASSERT_TRUE(database_is_empty());
  ASSERT_EQ(restore({"--volumes"}).exit_code, 0);
  EXPECT_EQ(fleet.engine().volumes(fleet.instance()).size(), 2u);
}

TEST_F(Backup, RefusesVolumesThatAreThereUnlessToldToThrowThemAway) {
  make_fleet();
  back_up({"--volumes"});
  ASSERT_TRUE(eventually(20s, [&] { return containers_run(); }));
  inside("c-alice", "echo later > /home/node/.openclaw/later");
  end_gracefully();
  const auto refused = restore({"--volumes", "--replace", fleet.instance()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--replace-volumes"), std::string::npos) << refused.err;
  const auto done = restore({"--volumes", "--replace", fleet.instance(), "--replace-volumes"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  fleet.start_api();
  fleet.start_controller();
  expect_state_is_back("alice");
  EXPECT_EQ(inside("c-alice", "ls /home/node/.openclaw"), "deep\nlarge");
}

TEST_F(Backup, IsRefusedWhileTheFleetRuns) {
  ASSERT_TRUE(fleet.leads());
  back_up();
  const auto done = restore({"--replace", fleet.instance()});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_NE(done.err.find("end every mosaic up"), std::string::npos) << done.err;
}

TEST_F(Backup, WithAnotherKeyOrDamageChangesNothing) {
  back_up();
  wipe();
  auto command = fleet.mosaic({"restore", file().string()});
  command.environment["MOSAIC_SECRET_KEY"] = "another secret of the tests, long enough too";
  const auto other_key = run(command);
  EXPECT_EQ(other_key.exit_code, 1);
  EXPECT_NE(other_key.err.find("is not the key of this backup"), std::string::npos)
      << other_key.err;
  EXPECT_TRUE(database_is_empty());

  const std::string whole = file_text(file());
  std::ofstream(file(), std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(restore().exit_code, 1);
  EXPECT_TRUE(database_is_empty());

  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  std::ofstream(file(), std::ios::binary) << flipped;
  EXPECT_EQ(restore().exit_code, 1);
  EXPECT_TRUE(database_is_empty());

  std::ofstream(file(), std::ios::binary) << whole;
  EXPECT_EQ(restore().exit_code, 0);
  test::write_proof({"backup", "another key, half an archive and a flipped bit change nothing",
                     "3 of 3 refused with the database empty", !HasFailure()});
}

TEST_F(Backup, GoesThroughPipesAndInAndOutOfAnEmbeddedDatabase) {
  fleet.insert_user("c-alice", "alice");
  fleet.end_processes();
  const auto out = fleet.run_mosaic({"backup", "-"});
  ASSERT_EQ(out.exit_code, 0) << out.err;
  std::ofstream(file(), std::ios::binary) << out.out;
  std::filesystem::permissions(fleet.folder(),
                               std::filesystem::perms(0711));  // Postgres has a user of its own
  auto command = fleet.mosaic({});
  command.environment["DATABASE_URL"] = "";
  command.arguments = {"sh", "-c", mosaic_binary() + " restore - < " + file().string()};
  const auto restored = run(command);
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  command.arguments = {mosaic_binary(), "backup", "-"};
  const auto again = run(command);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find("c-alice"), std::string::npos);
  // A second time it is not empty.
  command.arguments = {mosaic_binary(), "restore", file().string()};
  EXPECT_EQ(run(command).exit_code, 1);
}

// Killed at any moment there is either nothing or, when the kill came after the commit, everything in the database.
TEST_F(Backup, KilledInTheMiddleOfARestoreLeavesNothingOrEverything) {
  make_fleet();
  fleet.database().sql(
      R"(INSERT INTO "AgentEvent" ("at", "kind", "agentId", "severity", "reason", "message")
         SELECT now(), 'user', 'c-alice', 'normal', 'Filler', repeat('x', 200) FROM generate_series(1, $1))",
      filler_events);
  back_up({"--volumes"});
  wipe();
  std::mt19937 random(20260131);
  constexpr int kills = 20;
  int killed = 0;
  int empty = 0;
  int whole = 0;
  for (int attempt = 0; attempt < kills; ++attempt) {
    ChildProcess process(
        fleet.mosaic({"restore", file().string(), "--volumes", "--replace-volumes"}),
        fleet.folder() / "restore.log");
    const auto end = process.wait(
        std::chrono::milliseconds(std::uniform_int_distribution<int>(50, 1500)(random)));
    if (end) {
      // It was through before: wiped, and tried again.
      ASSERT_EQ(*end, 0) << process.log_text();
      wipe();
      continue;
    }
    process.kill_hard();
    ++killed;
    ASSERT_TRUE(eventually(10s, [&] {
      return fleet.database()
          .sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'mosaic restore'")
          .empty();
    }));
    if (database_is_empty()) {
      ++empty;
      continue;
    }
    if (fillers() == filler_events) ++whole;
    wipe();
  }
  EXPECT_EQ(empty + whole, killed);
  EXPECT_GT(empty, 0);
  const auto done = restore({"--volumes", "--replace-volumes"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  fleet.start_api();
  fleet.start_controller();
  expect_state_is_back("alice");
  test::write_proof({"backup",
                     "a restore that is killed (SIGKILL) leaves an empty database or, past its "
                     "commit, a whole one",
                     std::to_string(killed) + " kills: " + std::to_string(empty) + " empty, " +
                         std::to_string(whole) + " whole; the next restore succeeds",
                     !HasFailure()});
}

}  // namespace
}  // namespace mosaic::e2e
