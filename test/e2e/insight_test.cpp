// What only the engine can tell reaches those whom it is for, through a database and an API that holds no engine's socket.
#include <nlohmann/json.hpp>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Insight : public FleetTest {
 protected:
  Finished mosaic(std::vector<std::string> arguments, const std::string& token = {}) const {
    auto command = fleet.mosaic(std::move(arguments));
    command.environment["MOSAIC_SERVER"] = fleet.api_url();
    command.environment["MOSAIC_TOKEN"] = token;
    return run(command);
  }
};

TEST_F(Insight, OperatorsSeeWhatAgentsUseAndOwnersAloneWhatTheirsHasWritten) {
  const auto alice = insert_account(fleet.database(), "alice", "user", "read chat");
  const auto root = insert_account(fleet.database(), "root", "admin", "read chat admin");
  fleet.insert_user("c1", "alice");
  fleet.touch("c1");
  ASSERT_TRUE(fleet.becomes("c1", "running"));

  Finished top;
  ASSERT_TRUE(eventually(60s, [&] {
    top = mosaic({"top", "-o", "json"});
    return top.exit_code == 0;
  })) << top.err;
  const auto used = nlohmann::json::parse(top.out);
  ASSERT_EQ(used.size(), 1U) << top.out;
  EXPECT_EQ(used[0]["owner"], "alice");
  EXPECT_GT(used[0]["memoryBytes"], 0);
  EXPECT_GT(used[0]["memoryLimitBytes"], used[0]["memoryBytes"]);
  EXPECT_TRUE(used[0]["cpuMilli"].is_number()) << top.out;

  const auto log = mosaic({"logs", "alice", "--tail", "5"}, alice);
  EXPECT_EQ(log.exit_code, 0) << log.err;
  EXPECT_EQ(log.out, "instant: ready on port 18789\n");
  EXPECT_EQ(log.err, "");
  const auto anothers = mosaic({"logs", "alice"}, root);
  EXPECT_EQ(anothers.exit_code, 1);
  EXPECT_EQ(anothers.out, "");
  EXPECT_NE(anothers.err.find("it is for its owner alone"), std::string::npos) << anothers.err;

  fleet.set_user("c1", R"("desiredState" = 'stopped')");
  ASSERT_TRUE(fleet.becomes("c1", "stopped"));
  const auto asleep = mosaic({"logs", "alice"}, alice);
  EXPECT_EQ(asleep.out, "instant: ready on port 18789\n") << asleep.err;
  EXPECT_NE(asleep.err.find("the agent does not run (stopped)"), std::string::npos) << asleep.err;
  EXPECT_EQ(fleet.look("c1")->phase, "stopped") << "nobody was woken";
}

}  // namespace
}  // namespace mosaic::e2e
