// The engine is away, hangs, refuses, tells too much, or holds what is not ours.
#include <nlohmann/json.hpp>

#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

class EngineFaults : public FaultTest {};

TEST_F(EngineFaults, F14_EngineDown) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(14,
        "the engine's socket refused for 15 s: the breaker has opened and tries every 8 s by then",
        "S1 S4 S7");
  const auto ids = add_running(3);
  for (int count = injections(1); count > 0; --count) {
    engine.refuse(true);
    inject();
    const auto began = Time::now();
    agents.apply(ids[0], Change::stop);
    agents.apply(ids[1], Change::resize);
    const auto late = agents.add("late" + std::to_string(count), true);
    // Unknown is not absent: nothing is concluded about whom nobody asked anything of.
    ASSERT_TRUE(eventually(20s, [&] { return since(began) >= 15s; }));
    EXPECT_EQ(fleet.look(ids[2])->phase, "running");
    EXPECT_EQ(fleet.look(late)->phase == "running", false);
    EXPECT_EQ(fleet.lease_holder().empty(), false) << "it still leads";
    engine.refuse(false);
    ASSERT_TRUE(converges());
    agents.apply(ids[0], Change::wake);
    ASSERT_TRUE(converges());
  }
}

TEST_F(EngineFaults, F15_OneContainerHangsWhileOthersGoOn) {
  fault(15, "no call about one container is answered", "S1 S4");
  const auto ids = add_running(2);
  milliseconds longest{0};
  for (int count = injections(2); count > 0; --count) {
    const auto container = only_container_of(ids[0]);
    const auto name = fleet.containers_of(ids[0]).front().name;
    const auto hangs = std::make_shared<std::atomic<bool>>(true);
    engine.before([=](EngineCall& call) {
      const bool of_it = call.target.find(container) != std::string::npos ||
                         call.target.find(name) != std::string::npos;
      if (of_it) eventually(60s, [&] { return !*hangs; });
      return Fate::pass;
    });
    agents.apply(ids[0], Change::resize);
    inject();
    std::vector<std::string> others{ids[1]};
    agents.apply(ids[1], Change::resize);
    for (int number = 0; number < 3; ++number)
      others.push_back(
          agents.add("other" + std::to_string(count) + "-" + std::to_string(number), true));
    const auto began = Time::now();
    for (const auto& other : others) EXPECT_TRUE(fleet.becomes(other, "running", 10s));
    longest = std::max(longest, since(began));
    *hangs = false;
    engine.before({});
    ASSERT_TRUE(converges());
    for (std::size_t i = 1; i < others.size(); ++i) agents.apply(others[i], Change::drop);
  }
  note("four others served within " + std::to_string(longest.count()) + " ms");
  EXPECT_TRUE(converges());
}

TEST_F(EngineFaults, F17_ImageMissingThenPresent) {
  fault(17, "the agent's image is not on the engine, then tagged", "S1 S7");
  const std::string image = "mosaic-faults/late:" + fleet.instance().substr(0, 8);
  for (int count = injections(2); count > 0; --count) {
    const auto id = agents.add("owner" + std::to_string(count), false);
    fleet.set_user(id, "\"image\" = '" + image + "'");
    agents.apply(id, Change::wake);
    inject();
    ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
      const auto now = *fleet.look(id);
      return now.phase != "running" && now.message.find(image) != std::string::npos ? ""
                                                                                    : now.message;
    }));
    EXPECT_TRUE(fleet.containers_of(id).empty());
    const auto began = Time::now();
    fleet.engine().docker({"tag", e2e::instant_image(), image});
    EXPECT_TRUE(fleet.becomes(id, "running", heal_limit));
    longest_heal = std::max(longest_heal, since(began));
    agents.apply(id, Change::remove);
    ASSERT_TRUE(fleet.is_gone(id));
    fleet.engine().docker({"rmi", "--force", image});
  }
  EXPECT_TRUE(converges());
}

TEST_F(EngineFaults, F22_ForeignContainerUnderOurName) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(22, "a container without our labels under an agent's name, through a controller's death",
        "S6 S7");
  for (int count = injections(2); count > 0; --count) {
    const std::string owner = "owner" + std::to_string(count);
    const std::string name = "e2e-" + fleet.instance().substr(0, 8) + "-" + owner;
    const auto foreign =
        fleet.engine().docker({"run", "--detach", "--name", name, e2e::instant_image()});
    watch.guard_foreign(foreign);
    const auto id = agents.add(owner, true);
    inject();
    ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
      const auto now = *fleet.look(id);
      return now.reason == "NameTaken" ? "" : now.reason + ": " + now.message;
    }));
    kill_controller_and_restart();
    agents.apply(id, Change::restart);
    force_resync();
    ASSERT_TRUE(fleet.leads());
    for (const auto& call : engine.changes())
      EXPECT_EQ(call.target.find(foreign), std::string::npos) << call.method << " " << call.target;
    EXPECT_EQ(fleet.engine().inspect(foreign).at("State").at("Status"), "running");
    watch.release_foreign(foreign);
    fleet.engine().docker({"rm", "--force", foreign});
    ASSERT_TRUE(converges());
  }
}

TEST_F(EngineFaults, F23_HumanStopsOrRemovesAContainer) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(23, "docker rm -f, stop, kill, pause", "S1 S2 S7");
  agents.forgive_ends();
  const auto ids = add_running(2);
  const std::vector<std::vector<std::string>> deeds{
      {"rm", "--force"}, {"stop", "--time", "2"}, {"kill"}, {"pause"}};
  for (int round = injections(1); round > 0; --round) {
    for (auto deed : deeds) {
      deed.push_back(only_container_of(ids[0]));
      fleet.engine().docker(deed);
      inject();
      ASSERT_TRUE(eventually_well(heal_limit, [&]() -> std::string {
        const auto containers = fleet.containers_of(ids[0]);
        const bool well = containers.size() == 1 && containers.front().state == "running" &&
                          fleet.look(ids[0])->phase == "running";
        return well ? "" : "after docker " + deed.front() + ": " + fleet.look(ids[0])->message;
      }));
      ASSERT_TRUE(converges());
    }
  }
}

TEST_F(EngineFaults, F27_EngineErrorEchoesTheEnvironment) {
  fault(27, "create answered with an error that quotes the whole request, token and all", "S5 S7");
  for (int count = injections(3); count > 0; --count) {
    const auto echoed = std::make_shared<std::atomic<int>>(0);
    engine.after([echoed](EngineCall& call) {
      if (!call.is("POST", "/containers/create") || *echoed >= 2) return Fate::pass;
      call.status = *echoed == 0 ? 500 : 400;
      call.answer = nlohmann::json{{"message", "invalid request: " + call.request_body}}.dump();
      ++*echoed;
      return Fate::pass;
    });
    const auto id = agents.add("owner" + std::to_string(count), true);
    ASSERT_TRUE(eventually_well(
        20s, [&]() -> std::string { return *echoed >= 1 ? "" : "no container was asked for"; }));
    inject();
    engine.after({});
    // What could not be created is counted as an end, so it is its phase that tells.
    ASSERT_TRUE(eventually(heal_limit, [&] { return fleet.look(id)->phase == "running"; }));
  }
  EXPECT_TRUE(is_quiet());
}

}  // namespace
}  // namespace mosaic::faults
