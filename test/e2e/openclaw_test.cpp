// The real OpenClaw image from row to reply: personality, streamed chat, a change of model, and a session that
// survives sleep. The models are the demonstration's provider.
#include <nlohmann/json.hpp>

#include <fstream>

#include "test/checkout.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

// The sandbox's stand-in for the host's own address.
constexpr const char* host_address = "198.18.0.1";
constexpr auto boot_limit = 150s;

class OpenClaw : public testing::Test {
 protected:
  void SetUp() override {
    // The port is decided before the fleet is, so that agents may be let through to it.
    provider_address = std::string(host_address) + ":" + std::to_string(free_port());
    FleetOptions options;
    options.agent_image = required_environment("MOSAIC_TEST_AGENT_IMAGE");
    options.egress = {provider_address};
    fleet.emplace(options);
    fleet->set_setting("fleet.memoryMb", "1536");
    start_provider();
    fleet->start_api();
    fleet->start_controller();
  }

  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet->story();
  }

  void start_provider() {
    const auto keys = fleet->folder() / "keys.json";
    std::ofstream(keys) << R"({"alice": "key-of-alice", "bob": "key-of-bob"})";
    provider.emplace(Command{{"node", mosaic::test::source_folder() + "/demo/provider.mjs",
                              "--listen", provider_address, "--keys", keys.string()},
                             {},
                             {}},
                     fleet->folder() / "provider.log");
    ASSERT_TRUE(eventually(
        10s, [&] { return provider->log_text().find("listening on") != std::string::npos; }));
  }

  nlohmann::json say(const std::string& id, const std::string& message) {
    const auto agent = *fleet->look(id);
    const Command command{{"node", mosaic::test::source_folder() + "/demo/chat.mjs",
                           agent.endpoint, "test", message},
                          {{"AGENT_GATEWAY_TOKEN", "token-of-" + id}},
                          {}};
    const auto finished = run(command, 100s);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.exit_code == 0 ? nlohmann::json::parse(finished.out)
                                   : nlohmann::json{{"text", ""}};
  }

  std::optional<Fleet> fleet;
  std::optional<ChildProcess> provider;
  std::string provider_address;
};

TEST_F(OpenClaw, UserChatsThroughTheGatewayAndFindsTheSessionAfterSleep) {
  fleet->insert_provider("alice", "http://" + provider_address + "/v1", "key-of-alice");
  fleet->database().sql(
      R"(INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "personality", "updatedAt")
    VALUES ('config', 'alice', 'local/cogito', 'Call yourself Ada. Be brief.', now() AT TIME ZONE 'UTC'))");
  fleet->insert_user("c1", "alice");
  fleet->touch("c1");
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  EXPECT_EQ(
      say("c1", "Please remember the word heron.")["text"],
      "Ada here. I will remember \"heron\". (model cogito, key of alice, turn 1 of this session)");

  ASSERT_EQ(fleet->run_mosaic({"stop", "user", "alice", "--wait"}).exit_code, 0);
  fleet->database().sql(R"(UPDATE "UserAgentConfig" SET "primaryModel" = 'local/sage')");
  ASSERT_EQ(fleet->run_mosaic({"start", "user", "alice"}).exit_code, 0);
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  EXPECT_EQ(say("c1", "Which word did I ask you to remember?")["text"],
            "Ada here. The word is \"heron\". (model sage, key of alice, turn 2 of this session)");
  EXPECT_EQ(fleet->look("c1")->restart_count, 0);
}

}  // namespace
}  // namespace mosaic::e2e
