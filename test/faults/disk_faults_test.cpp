// Disks fill up to their last byte, and have room again.
#include "test/faults/fault_test.hpp"
#include "test/faults/postgres_server.hpp"
#include "test/faults/small_disk.hpp"

namespace mosaic::faults {
namespace {

// The sandbox's engine with all that it keeps on a small disk. Nothing of the engine's own is there meanwhile, and all of
// it afterwards.
class EngineOnSmallDisk {
 public:
  explicit EngineOnSmallDisk(int megabytes) {
    e2e::Engine engine;
    const auto image = folder_for("image.tar");
    engine.docker({"save", "--output", image.string(), e2e::instant_image()});
    control("stop");
    disk_.emplace(std::filesystem::path(e2e::required_environment("MOSAIC_SANDBOX")) / "docker",
                  megabytes);
    control("start");
    engine.docker({"load", "--input", image.string()});
    std::filesystem::remove(image);
  }
  ~EngineOnSmallDisk() {
    try {
      control("stop");
      disk_.reset();
      control("start");
    } catch (const std::exception& error) {
      ADD_FAILURE() << "the engine has not got its disk back: " << error.what();
    }
  }
  EngineOnSmallDisk(const EngineOnSmallDisk&) = delete;
  EngineOnSmallDisk& operator=(const EngineOnSmallDisk&) = delete;

  SmallDisk& disk() { return *disk_; }

 private:
  static void control(const std::string& word) {
    const auto done =
        e2e::run({{e2e::required_environment("MOSAIC_TEST_ENGINE_CONTROL"), word}, {}, {}}, 120s);
    if (done.exit_code != 0)
      throw std::runtime_error("the engine does not " + word + ": " + done.err);
  }

  std::optional<SmallDisk> disk_;
};

struct SmallMachine {
  EngineOnSmallDisk small_engine{64};
  SmallDisk database_disk{folder_for("database"), 96};
  PostgresServer server{database_disk.folder() / "postgres"};
};

class DiskFaults : private SmallMachine, public FaultTest {
 protected:
  DiskFaults() : FaultTest(on_database(server.url())) {}

  // Whatever a test left undone, its judges get their database.
  void TearDown() override {
    restore_database();
    FaultTest::TearDown();
  }

  SmallDisk& engine_disk() { return small_engine.disk(); }

  // Makes Postgres write its log until there is no room for the next piece of it, as it does by itself sooner or later.
  // It ends then, or serves nobody any more.
  testing::AssertionResult use_up_database() {
    return eventually_well(30s, [&]() -> std::string {
      database_disk.fill();
      try {
        fleet.database().sql(
            "SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 500000))");
        return "Postgres still has room";
      } catch (const pqxx::broken_connection&) {
        // It may have recovered, with what its own end has freed.
        const bool serves_nobody = !server.running() || !reconnected().empty();
        return serves_nobody ? "" : "Postgres has recovered";
      } catch (const pqxx::failure& error) {
        return error.what();  // it refuses this, and stays
      }
    });
  }

  // What an operator does: room, and a server that ended is started again.
  void restore_database() {
    database_disk.relax();
    ASSERT_TRUE(eventually_well(60s, [&]() -> std::string {
      if (!server.running()) {
        ++server_ends;
        server.start();
      }
      return reconnected();
    }));
  }

  // Or why not.
  std::string reconnected() {
    try {
      fleet.database().reconnect();
      return "";
    } catch (const pqxx::broken_connection& error) {
      return error.what();
    }
  }

  int server_ends = 0;
};

TEST_F(DiskFaults, F28_DiskFull) {
  fault(28, "the engine's disk, then the database's, filled to the last byte, then freed",
        "S1 S2 S4 S7");
  agents.forgive_ends();
  const auto ids = add_running(2);
  for (const auto& owner : {"u1", "u2"}) write_memory(owner);
  for (int count = injections(1); count > 0; --count) {
    const auto untouched = only_container_of(ids[1]);
    const auto untouched_since = started_at(untouched);
    engine_disk().fill();
    const std::string owner = "late" + std::to_string(count);
    // A volume that could be made by half only has no state, and is made anew.
    watch.volumes_may_go(owner);
    const auto late = agents.add(owner, true);
    inject();
    ASSERT_TRUE(eventually_well(30s, [&]() -> std::string {
      const auto now = *fleet.look(late);
      return now.reason == "DiskFull" ? "" : now.reason + ": " + now.message;
    }));
    ASSERT_TRUE(compares(3));
    EXPECT_EQ(fleet.look(ids[1])->phase, "running");
    EXPECT_EQ(started_at(untouched), untouched_since);
    engine_disk().relax();
    // Questions that a full disk kept the engine from answering may have backed off for long.
    ASSERT_TRUE(converges(90s));
    watch.volumes_must_stay(owner);

    ASSERT_TRUE(use_up_database());
    inject();
    // Whatever the controller wants to put on record of it now cannot be. One that ended often would back off for long.
    fleet.engine().docker({"kill", only_container_of(late)});
    const auto began = Time::now();
    ASSERT_TRUE(
        eventually(20s, [&] { return since(began) > std::chrono::seconds(lease_seconds); }));
    EXPECT_TRUE(fleet.controller().running());
    EXPECT_TRUE(fleet.api().running());
    restore_database();
    ASSERT_TRUE(converges());
    EXPECT_EQ(started_at(untouched), untouched_since);
    agents.apply(late, Change::drop);
    for (const auto& former : {"u1", "u2"}) EXPECT_TRUE(remembers(former)) << former;
  }
  note("Postgres ended " + std::to_string(server_ends) + " times");
  EXPECT_TRUE(converges());
}

}  // namespace
}  // namespace mosaic::faults
