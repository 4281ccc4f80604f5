// Many agents on a Swarm, through sleep and faults, and what waking one costs over what the swarm itself takes. By hand, on
// a machine that has the time: MOSAIC_SWARM_AGENTS (12), MOSAIC_SWARM_CYCLES (3).
// ./dev sandbox --images instant,link --nodes 3:3 -- build/debug/test/e2e/e2e_swarm_nodes_test --gtest_filter='SwarmJudgement.*'
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <numeric>

#include "test/e2e/swarm_fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 180s;
constexpr const char* idle_for_long =
    R"("lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes')";
constexpr const char* remembered = "/home/node/.openclaw/word";

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoi(text);
}

class SwarmJudgement : public testing::Test {
 protected:
  struct Person {
    std::string id;
    std::string token;
    std::string node;
  };

  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
  }

  void people(int count) {
    for (int number = 0; number < count; ++number) {
      const std::string id = "c" + std::to_string(number);
      everyone.push_back({id, swarm.insert_person(id, "owner-of-" + id), {}});
    }
  }

  // Nobody gets anything but an answer, or the agent's state was lost.
  void all_chat(const std::string& when) {
    std::vector<std::string> tokens;
    for (const Person& person : everyone) tokens.push_back(person.token);
    const std::vector<int> answers = swarm.chat_at_once(tokens);
    EXPECT_EQ(std::count(answers.begin(), answers.end(), 200),
              static_cast<std::ptrdiff_t>(everyone.size()))
        << when << ": " << testing::PrintToString(answers);
  }
  void all_remember() {
    for (Person& person : everyone) {
      person.node = swarm.node_of(person.id);
      swarm.write_in_agent(person.id, remembered, "word-of-" + person.id);
    }
  }
  void all_have_their_state(const std::string& when) {
    for (const Person& person : everyone) {
      EXPECT_EQ(swarm.node_of(person.id), person.node) << when << ": " << person.id;
      EXPECT_EQ(swarm.read_in_agent(person.id, remembered), "word-of-" + person.id) << when;
    }
  }
  void all_idle() {
    for (const Person& person : everyone) fleet.set_user(person.id, idle_for_long);
    for (const Person& person : everyone) ASSERT_TRUE(swarm.falls_asleep(person.id, limit));
  }

  SwarmFleet swarm;
  Fleet& fleet = swarm.fleet();
  std::vector<Person> everyone;
};

TEST_F(SwarmJudgement, NoStateIsLostOverSleepAndFaults) {
  people(number_from("MOSAIC_SWARM_AGENTS", 12));
  all_chat("at first");
  all_remember();
  const std::vector<std::pair<std::string, std::function<void()>>> faults{
      {"nothing", [] {}},
      {"controller and API killed",
       [&] {
         fleet.end_processes();
         swarm.start_processes();
       }},
      {"n2 killed",
       [] {
         SwarmFleet::lab("kill n2");
         SwarmFleet::lab("start n2");
         SwarmFleet::lab("wait");
       }},
      {"n3 partitioned and healed",
       [&] {
         SwarmFleet::lab("partition n3");
         EXPECT_TRUE(eventually(limit, [&] { return swarm.node_state("n3") == "down"; }));
         SwarmFleet::lab("heal n3");
         SwarmFleet::lab("wait");
       }},
  };
  const int cycles = number_from("MOSAIC_SWARM_CYCLES", static_cast<int>(faults.size()));
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const auto& [name, strike] = faults[static_cast<std::size_t>(cycle) % faults.size()];
    const std::string when = "cycle " + std::to_string(cycle) + ", " + name;
    const auto began = std::chrono::steady_clock::now();
    all_idle();
    if (HasFatalFailure()) return;
    strike();
    all_chat(when);
    all_have_their_state(when);
    const auto took = std::chrono::steady_clock::now() - began;
    std::cout << when << ": " << std::chrono::duration<double>(took).count() << " s\n";
  }
  for (const Person& person : everyone) EXPECT_EQ(swarm.tasks_running(person.id), 1) << person.id;
}

TEST_F(SwarmJudgement, WakingAnAgentTakesHardlyLongerThanTheSwarmAlone) {
  people(1);
  all_chat("at first");
  const std::string bare = swarm.make_bare_service("c0");
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < 7; ++round) {
    all_idle();
    if (HasFatalFailure()) return;
    const auto before = std::chrono::steady_clock::now();
    all_chat("round " + std::to_string(round));
    const auto after = std::chrono::steady_clock::now();
    ours.push_back(std::chrono::duration<double>(after - before).count());
    theirs.push_back(swarm.wake_bare_service(bare));
  }
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  const double ratio = ours[3] / theirs[3];
  std::cout << "wake p50 " << ours[3] << " s, bare " << theirs[3] << " s, ratio " << ratio << "\n";
  EXPECT_LE(ratio, 1.1);
}

}  // namespace
}  // namespace mosaic::e2e
