// The real OpenClaw image from row to reply: personality, streamed chat, a session that survives sleep, changes that
// are applied while a stream runs and changes that wait for it, and a scheduled job that wakes its agent. The models
// are the demonstration's provider.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include "test/checkout.hpp"
#include "test/e2e/fleet.hpp"
#include "test/proof.hpp"

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
    options.egress_proxy = behind_proxy();
    fleet.emplace(options);
    fleet->set_setting("fleet.memoryMb", "1536");
    start_provider();
    fleet->start_api();
    fleet->start_controller();
  }

  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet->story();
  }

  virtual bool behind_proxy() const { return false; }

  void start_provider() { start_provider(25); }

  // `delay_ms`: between the words of a reply.
  void start_provider(int delay_ms) {
    provider.reset();
    const auto keys = fleet->folder() / "keys.json";
    std::ofstream(keys) << R"({"alice": "key-of-alice", "bob": "key-of-bob"})";
    provider.emplace(Command{{"node", mosaic::test::source_folder() + "/demo/provider.mjs",
                              "--listen", provider_address, "--keys", keys.string(), "--log",
                              request_log().string(), "--delay-ms", std::to_string(delay_ms)},
                             {},
                             {}},
                     fleet->folder() / "provider.log");
    ASSERT_TRUE(eventually(
        10s, [&] { return provider->log_text().find("listening on") != std::string::npos; }));
  }

  std::filesystem::path request_log() const { return fleet->folder() / "requests.log"; }

  // What the provider was asked so far, one line each.
  std::ptrdiff_t requests() const {
    const std::string text = file_text(request_log());
    return std::count(text.begin(), text.end(), '\n');
  }

  // With the gateway itself, and the token that the row was made with.
  Command chat(const std::string& id, const std::string& message) {
    return chat_at(fleet->look(id)->endpoint, "token-of-" + id, message);
  }

  static Command chat_at(const std::string& endpoint, const std::string& token,
                         const std::string& message) {
    return Command{
        {"node", mosaic::test::source_folder() + "/demo/chat.mjs", endpoint, "test", message},
        {{"AGENT_GATEWAY_TOKEN", token}},
        {}};
  }

  // A turn whose first words have not come yet when this returns, but whose request is with the provider.
  ChildProcess begin_turn(const std::string& id, const std::string& message) {
    return begin_turn(chat(id, message));
  }
  ChildProcess begin_turn(const Command& command) {
    const auto before = requests();
    ChildProcess turn(command, fleet->folder() / ("turn-" + std::to_string(before)));
    EXPECT_TRUE(eventually(60s, [&] { return requests() > before; })) << turn.log_text();
    return turn;
  }

  std::string reply_of(ChildProcess& turn) {
    EXPECT_EQ(turn.wait(100s), 0) << turn.log_text();
    const auto answer = nlohmann::json::parse(turn.log_text(), nullptr, false);
    return answer.is_object() ? answer["text"].get<std::string>() : "";
  }

  std::string text(const std::string& statement) {
    return fleet->database().sql(statement).at(0).at(0).as<std::string>();
  }

  void insert_alice() {
    fleet->insert_provider("alice", "http://" + provider_address + "/v1", "key-of-alice");
    fleet->database().sql(
        R"(INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "updatedAt")
      VALUES ('config', 'alice', 'local/cogito', now() AT TIME ZONE 'UTC'))");
    fleet->insert_user("c1", "alice");
    fleet->touch("c1");
  }

  // As a person with a terminal would, or the agent itself with its tool.
  void schedule_job(const std::string& container, const std::string& id, int in_seconds) {
    fleet->engine().docker({"exec", "-e", "OPENCLAW_CONFIG_PATH=/tmp/mosaic/openclaw.json", "-e",
                            "OPENCLAW_GATEWAY_TOKEN=token-of-" + id, container, "openclaw", "cron",
                            "add", "--name", "reminder", "--at", std::to_string(in_seconds) + "s",
                            "--session", "isolated", "--no-deliver", "--message", "Which word?"});
  }

  nlohmann::json say(const std::string& id, const std::string& message) {
    const auto finished = run(chat(id, message), 100s);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.exit_code == 0 ? nlohmann::json::parse(finished.out)
                                   : nlohmann::json{{"text", ""}};
  }

  std::optional<Fleet> fleet;
  std::optional<ChildProcess> provider;
  std::string provider_address;
};

class OpenClawBehindTheProxy : public OpenClaw {
 protected:
  bool behind_proxy() const override { return true; }
};

TEST_F(OpenClawBehindTheProxy, AsksItsModelThroughTheProxyAlone) {
  insert_alice();
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  EXPECT_EQ(say("c1", "Please remember the word heron.")["text"],
            "I will remember \"heron\". (model cogito, key of alice, turn 1 of this session)");
  const auto asked = fleet->engine().docker(
      {"exec", fleet->look("c1")->container, "node", "-e",
       "fetch('http://" + provider_address + "/').then((answer) => console.log(answer.status))"});
  EXPECT_EQ(asked, "401") << "the model's own answer to who shows no key";
  const auto metrics = run({{"curl", "-sS", fleet->api_url() + "/metrics"}, {}, {}}).out;
  EXPECT_EQ(metrics.find("mosaic_egress_requests_total{result=\"allowed\"} 0\n"), std::string::npos)
      << "nothing went through the proxy";
}

class OpenClawWithInjectedKeys : public OpenClawBehindTheProxy {
 protected:
  void SetUp() override {
    OpenClaw::SetUp();
    fleet->set_setting("fleet.providerKeys", "injected");
    insert_alice();
  }

  // Where `text` stands, seen from within: in the files that the agent has, or what its processes were started with.
  std::string places_of(const std::string& text) {
    const std::string script = "grep -rlF '" + text +
                               "' /home /tmp /workspace /var 2>/dev/null\n"
                               "for process in /proc/[0-9]*; do\n"
                               "  [ \"$process\" = /proc/$$ ] && continue\n"
                               "  grep -qF '" +
                               text +
                               "' $process/environ $process/cmdline 2>/dev/null && "
                               "tr '\\0' ' ' <$process/cmdline\n"
                               "done\n"
                               "exit 0";
    const auto container = fleet->look("c1")->container;
    std::string places = fleet->engine().docker({"exec", container, "/bin/sh", "-c", script});
    if (fleet->engine().inspect(container).dump().find(text) != std::string::npos)
      places += " what the engine knows";
    return places;
  }
};

TEST_F(OpenClawWithInjectedKeys, AnswersThoughNothingInItsContainerHoldsTheKey) {
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  // Its provider answers nobody without the real key.
  EXPECT_EQ(say("c1", "Please remember the word heron.")["text"],
            "I will remember \"heron\". (model cogito, key of alice, turn 1 of this session)");
  EXPECT_EQ(places_of("key-of-alice"), "");
  // It would be found.
  EXPECT_NE(places_of("cogito").find("/tmp/mosaic/openclaw.json"), std::string::npos);
  const auto token = places_of("token-of-c1");
  EXPECT_NE(token.find("openclaw"), std::string::npos) << token;
  EXPECT_NE(token.find("what the engine knows"), std::string::npos) << token;
  const auto metrics = run({{"curl", "-sS", fleet->api_url() + "/metrics"}, {}, {}}).out;
  EXPECT_EQ(metrics.find("mosaic_provider_calls_total{result=\"answered\"} 0\n"),
            std::string::npos);
}

TEST_F(OpenClawWithInjectedKeys, TakesItsKeysAndGivesThemBackWithoutARestart) {
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  const auto container = fleet->look("c1")->container;
  for (const std::string keys : {"delivered", "injected"}) {
    const auto before = text(R"(SELECT "configHash" FROM "UserContainer")");
    fleet->set_setting("fleet.providerKeys", keys);
    ASSERT_TRUE(eventually(30s, [&] {
      const auto now = text(R"(SELECT "configHash" FROM "UserContainer")");
      return now != before && now.find('?') == std::string::npos;
    })) << keys;
    EXPECT_NE(say("c1", "Which word?")["text"].get<std::string>().find("key of alice"),
              std::string::npos)
        << keys;
    EXPECT_EQ(places_of("key-of-alice").empty(), keys == "injected") << keys;
  }
  EXPECT_EQ(fleet->look("c1")->container, container);
  EXPECT_EQ(fleet->look("c1")->restart_count, 0);
}

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

TEST_F(OpenClaw, FindsItsSessionAfterAllWasWipedAndABackupRestored) {
  insert_alice();
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  EXPECT_NE(say("c1", "Please remember the word heron.")["text"].get<std::string>().find("turn 1"),
            std::string::npos);
  const std::string ready_before = fleet->look("c1")->ready_at;
  const std::string file = (fleet->folder() / "fleet.tar").string();
  const auto image = required_environment("MOSAIC_TEST_AGENT_IMAGE");
  const auto kept = fleet->run_mosaic({"backup", file, "--volumes", "--agent-image", image});
  ASSERT_EQ(kept.exit_code, 0) << kept.err;

  fleet->end_processes();
  fleet->engine().remove_everything_of(fleet->instance());
  fleet->database().sql("DROP SCHEMA public CASCADE");
  fleet->database().sql("CREATE SCHEMA public");
  const auto restored = fleet->run_mosaic({"restore", file, "--volumes"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  fleet->start_api();
  fleet->start_controller();
  fleet->touch("c1");
  // The row says what it said in the backup until the controller has looked.
  ASSERT_TRUE(eventually(boot_limit, [&] {
    const auto agent = fleet->look("c1");
    return agent->phase == "running" && agent->ready_at != ready_before;
  }));
  const auto reply = say("c1", "Which word did I ask you to remember?")["text"].get<std::string>();
  EXPECT_NE(reply.find("The word is \"heron\""), std::string::npos) << reply;
  EXPECT_NE(reply.find("turn 2 of this session"), std::string::npos) << reply;
  test::write_proof({"backup",
                     "a real OpenClaw goes on with its session after backup, wipe and restore",
                     "1 agent, its session of 2 turns", !HasFailure()});
}

TEST_F(OpenClaw, AModelIsChangedUnderAnOpenStreamAndALimitWaitsForItsEnd) {
  start_provider(400);  // a reply takes about six seconds
  insert_alice();
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  const auto before = *fleet->look("c1");
  const auto process = fleet->engine().inspect(before.container).at("State").at("StartedAt");
  {
    ChildProcess turn = begin_turn("c1", "Please remember the word heron.");
    fleet->database().sql(
        R"(UPDATE "UserAgentConfig" SET "primaryModel" = 'local/sage', "personality" = 'Call yourself Ada.')");
    ASSERT_TRUE(eventually(15s, [&] { return fleet->has_event("c1", "ConfigurationReloaded"); }));
    EXPECT_TRUE(turn.running()) << "the turn is still being answered";
    EXPECT_EQ(reply_of(turn),
              "I will remember \"heron\". (model cogito, key of alice, turn 1 of this session)");
  }
  EXPECT_EQ(say("c1", "Which word did I ask you to remember?")["text"],
            "Ada here. The word is \"heron\". (model sage, key of alice, turn 2 of this session)");
  EXPECT_EQ(fleet->look("c1")->phase, "running");
  EXPECT_EQ(fleet->engine().inspect(before.container).at("State").at("StartedAt"), process)
      << "no restart";

  ChildProcess turn = begin_turn("c1", "Which word?");
  fleet->set_user(
      "c1", R"("busyUntil" = now() AT TIME ZONE 'UTC' + interval '60 seconds', "memoryMb" = 1600)");
  ASSERT_TRUE(fleet->becomes("c1", "draining"));
  EXPECT_EQ(reply_of(turn),
            "Ada here. The word is \"heron\". (model sage, key of alice, turn 3 of this session)");
  EXPECT_EQ(fleet->look("c1")->phase, "draining") << "until the turn is known to be over";
  fleet->set_user("c1", R"("busyUntil" = NULL)");
  ASSERT_TRUE(eventually_well(boot_limit, [&]() -> std::string {
    const auto now = *fleet->look("c1");
    return now.phase == "running" && now.container != before.container ? "" : "it is " + now.phase;
  }));
  EXPECT_EQ(fleet->look("c1")->restart_count, 0);
}

TEST_F(OpenClaw, AnotherTokenWaitsForARunningTurnAndThenTheOneBeforeIsRefused) {
  start_provider(400);  // a reply takes about six seconds
  insert_alice();
  const std::string key = insert_account(fleet->database(), "alice", "user", "chat read");
  const auto through_api = [&](const std::string& message) {
    return chat_at(fleet->api_url().substr(std::string("http://").size()), key, message);
  };
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  const auto before = *fleet->look("c1");
  {
    ChildProcess turn = begin_turn(through_api("Please remember the word heron."));
    const auto asked = fleet->run_mosaic({"rotate-token", "user", "alice"});
    ASSERT_EQ(asked.exit_code, 0) << asked.err;
    ASSERT_TRUE(fleet->becomes("c1", "draining"));
    EXPECT_TRUE(turn.running()) << "the turn is still being answered";
    EXPECT_NE(reply_of(turn).find("I will remember \"heron\""), std::string::npos);
  }
  ASSERT_TRUE(eventually_well(boot_limit, [&]() -> std::string {
    const auto now = *fleet->look("c1");
    return now.phase == "running" && now.container != before.container ? "" : "it is " + now.phase;
  }));
  EXPECT_TRUE(fleet->has_event("c1", "TokenReplaced"));
  // Once: ten of these, and the gateway would take nobody's word from this address.
  const auto refused = run(chat("c1", "Which word?"), 100s);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("answered 401"), std::string::npos) << refused.err;
  const auto next = run(through_api("Which word did I ask you to remember?"), 100s);
  ASSERT_EQ(next.exit_code, 0) << next.err;
  EXPECT_NE(next.out.find("The word is"), std::string::npos) << next.out;
  EXPECT_NE(next.out.find("heron"), std::string::npos) << next.out;
  EXPECT_EQ(fleet->look("c1")->restart_count, 0);
}

TEST_F(OpenClaw, AScheduledJobWakesItsAgentWhichSleepsAgain) {
  insert_alice();
  ASSERT_TRUE(fleet->becomes("c1", "running", boot_limit));
  // Long enough for a sleep to be worth it, whatever a boot takes on this machine.
  const int boot_s =
      std::stoi(text(R"(SELECT ("startDurationMs" / 1000)::text FROM "UserContainer")"));
  const int due_in_s = 2 * boot_s + 95;
  schedule_job(fleet->look("c1")->container, "c1", due_in_s);
  const auto before = requests();
  fleet->set_user("c1", R"("lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes')");
  ASSERT_TRUE(fleet->becomes("c1", "stopped", 30s));
  EXPECT_EQ(requests(), before);
  EXPECT_EQ(text(R"(SELECT "nextDueAt" > now() AT TIME ZONE 'UTC' FROM "UserContainer")"), "t")
      << "the due time is on record";
  ASSERT_TRUE(fleet->becomes("c1", "running", std::chrono::seconds(due_in_s) + boot_limit))
      << "it wakes by itself";
  // A gateway that became ready too late for it puts the job off by two minutes.
  ASSERT_TRUE(eventually(240s, [&] { return requests() > before; })) << "and its job is done";
  ASSERT_TRUE(fleet->becomes("c1", "stopped", 90s)) << "then it sleeps again";
  EXPECT_EQ(text(R"(SELECT "nextDueAt" IS NULL FROM "UserContainer")"), "t");
  EXPECT_EQ(fleet->look("c1")->restart_count, 0);
}

}  // namespace
}  // namespace mosaic::e2e
