// Two API processes on one Postgres, and no engine: the agents' rows say that they run, and lead to a stand-in.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>

#include "secrets/secret_box.hpp"
#include "test/e2e/child_process.hpp"
#include "test/e2e/database.hpp"
#include "test/e2e/eventually.hpp"
#include "test/e2e/fleet.hpp"
#include "test/e2e/stream_world.hpp"

namespace mosaic::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* secret_key = "a secret of the end-to-end tests, long enough";

// An `mosaic api` of its own.
struct ApiProcess {
  ApiProcess(const TestDatabase& database, const std::filesystem::path& folder,
             const std::string& name)
      : port(free_port()),
        process(Command{{mosaic_binary(), "api", "--listen", "127.0.0.1:" + std::to_string(port),
                         "--agent-listen", "127.0.0.1:" + std::to_string(free_port()),
                         "--log-format", "json"},
                        {{"DATABASE_URL", database.url()}, {"MOSAIC_SECRET_KEY", secret_key}},
                        {}},
                folder / (name + ".log")) {}
  bool ready() const {
    return run(Command{{"curl", "-fsS", "-o", "/dev/null",
                        "http://127.0.0.1:" + std::to_string(port) + "/readyz"},
                       {},
                       {}})
               .exit_code == 0;
  }
  const int port;
  ChildProcess process;
};

class TwoProcesses : public testing::Test {
 protected:
  TwoProcesses() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mosaic-e2e-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
    folder = pattern;
    const auto migrated =
        run(Command{{mosaic_binary(), "migrate"},
                    {{"DATABASE_URL", database.url()}, {"MOSAIC_SECRET_KEY", secret_key}},
                    {}});
    if (migrated.exit_code != 0) throw std::runtime_error("mosaic migrate: " + migrated.err);
    first = std::make_unique<ApiProcess>(database, folder, "first");
    second = std::make_unique<ApiProcess>(database, folder, "second");
  }
  ~TwoProcesses() override { std::filesystem::remove_all(folder); }

  // A person with an agent in that phase; what they sign their requests with.
  std::string person(const std::string& name, const std::string& phase = "running") {
    database.sql(
        R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "phase", "status", "endpoint",
             "containerId", "lastActiveAt", "updatedAt")
           VALUES ($1, $2, $3, $4, $6, $6, $5, 'container',
             CASE WHEN $6 = 'running' THEN now() AT TIME ZONE 'UTC' END, now()))",
        "agent-" + name, name, "mosaic-user-" + name,
        SecretBox(secret_key).encrypt("gateway token"), phase == "running" ? agent.endpoint() : "",
        phase);
    database.sql(
        R"(INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "models", "updatedAt")
           VALUES ($1, $2, 'local', 'Local', 'custom', 'http://192.0.2.1:1', '[{"id": "cogito", "name": "Cogito"}]',
             now()))",
        "provider-" + name, name);
    return insert_account(database, name, "user", "chat read");
  }

  std::string last_active(const std::string& name) {
    const auto rows = database.sql(
        R"(SELECT COALESCE("lastActiveAt"::text, '') FROM "UserContainer" WHERE "userId" = $1)",
        name);
    return rows[0][0].as<std::string>();
  }
  // Whose rows say that they are in use.
  int agents_busy() {
    return database
        .sql(R"(SELECT count(*) FROM "UserContainer" WHERE "busyUntil" > now() AT TIME ZONE 'UTC')")
            [0][0]
        .as<int>();
  }
  bool is_busy(const std::string& name) {
    return database
        .sql(
            R"(SELECT "busyUntil" > now() AT TIME ZONE 'UTC' FROM "UserContainer" WHERE "userId" = $1)",
            name)[0][0]
        .as<bool>();
  }

  std::filesystem::path folder;
  TestDatabase database;
  StreamingAgent agent;
  StreamWorld world{agent};
  std::unique_ptr<ApiProcess> first;
  std::unique_ptr<ApiProcess> second;
};

TEST_F(TwoProcesses, OneThatIsKilledTakesNoStreamAndNoHoldOfTheOtherWithIt) {
  constexpr int people = 40;
  constexpr int streams = 200;
  ASSERT_TRUE(eventually(seconds(30), [&] { return first->ready() && second->ready(); }))
      << first->process.log_text() << second->process.log_text();

  // People 0 to 19 chat through the first process alone, 20 to 39 through both.
  std::vector<std::string> tokens;
  for (int i = 0; i < people; ++i) tokens.push_back(person("person-" + std::to_string(i)));
  std::vector<StreamClient*> through_first;
  std::vector<StreamClient*> through_second;
  for (int i = 0; i < streams; ++i) {
    const int who = i % people;
    const bool by_second = who >= people / 2 && (i / people) % 2 == 0;
    auto& client = world.add_client(by_second ? second->port : first->port,
                                    tokens[static_cast<std::size_t>(who)]);
    (by_second ? through_second : through_first).push_back(&client);
  }
  ASSERT_TRUE(world.run(seconds(60), [&] { return agent.streams() == streams; }))
      << agent.streams() << " streams; the first client got " << world.clients().front().raw()
      << first->process.log_text();
  EXPECT_EQ(agents_busy(), people);

  int said = 0;
  const auto talk_for = [&](milliseconds time) {
    const auto end = SteadyClock::now() + time;
    while (SteadyClock::now() < end) {
      agent.say(std::to_string(++said) + " ");
      const auto next = SteadyClock::now() + milliseconds(200);
      world.run(seconds(1), [&] { return SteadyClock::now() >= next; });
    }
  };
  talk_for(seconds(2));
  first->process.signal(SIGKILL);
  // Longer than a lease: only what is renewed is in force at the end.
  talk_for(seconds(35));

  EXPECT_EQ(agent.streams(), through_second.size());
  EXPECT_EQ(agent.streams_cut(), through_first.size());
  for (int i = people / 2; i < people; ++i)
    EXPECT_TRUE(is_busy("person-" + std::to_string(i))) << i << " still talks";
  EXPECT_EQ(agents_busy(), people / 2) << "what the killed process held has run out";

  agent.finish();
  EXPECT_TRUE(world.run(seconds(10), [&] {
    return std::all_of(through_second.begin(), through_second.end(),
                       [](const StreamClient* client) { return client->complete(); });
  }));
  for (const auto* client : through_second) {
    ASSERT_EQ(client->status(), 200);
    ASSERT_EQ(client->body(), agent.said());
  }
  for (const auto* client : through_first) {
    ASSERT_TRUE(client->closed());
    ASSERT_TRUE(agent.said().starts_with(client->body())) << "whole events, up to the end";
  }

  EXPECT_TRUE(world.run(seconds(10), [&] { return agents_busy() == 0; }))
      << "a turn's hold ends with it, not with its lease";
  // And nothing renews any more.
  const auto last_renewal = R"(SELECT max("busyUntil")::text FROM "UserContainer")";
  const auto before = database.sql(last_renewal)[0][0].as<std::string>();
  world.run(seconds(12), [] { return false; });
  EXPECT_EQ(database.sql(last_renewal)[0][0].as<std::string>(), before);
}

TEST_F(TwoProcesses, WhoeverWaitsAtEitherIsAnsweredAsSoonAsTheRowSaysSo) {
  ASSERT_TRUE(eventually(seconds(30), [&] { return first->ready() && second->ready(); }));
  const auto token = person("sleeper", "stopped");
  for (int i = 0; i < 20; ++i) world.add_client(i % 2 == 0 ? first->port : second->port, token);
  ASSERT_TRUE(world.run(seconds(10), [&] { return !last_active("sleeper").empty(); }))
      << world.clients().front().raw() << first->process.log_text();
  const auto hears_that_it_wakes = [](const StreamClient& client) {
    return client.raw().find(": mosaic ") != std::string::npos;
  };
  ASSERT_TRUE(world.run(seconds(10), [&] {
    return std::all_of(world.clients().begin(), world.clients().end(), hears_that_it_wakes);
  })) << world.clients().front().raw();
  EXPECT_EQ(agent.streams_begun(), 0U);

  database.sql(R"(UPDATE "UserContainer" SET "phase" = 'running', "endpoint" = $1)",
               agent.endpoint());
  const auto committed = SteadyClock::now();
  ASSERT_TRUE(world.run(seconds(10), [&] { return agent.streams() == 20; }));
  const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - committed);
  RecordProperty("from_the_row_to_the_agent_ms", static_cast<int>(took.count()));
  // Polling alone would take up to two seconds.
  EXPECT_LT(took, seconds(1));
  agent.say("awake");
  agent.finish();
  ASSERT_TRUE(world.run(seconds(10), [&] {
    return std::all_of(world.clients().begin(), world.clients().end(),
                       [](const StreamClient& client) { return client.complete(); });
  }));
  for (const auto& client : world.clients()) EXPECT_EQ(client.body(), agent.said());
}

// Were the database to say that whoever asks is mallory, a process that acts as the API's role would find nothing.
TEST_F(TwoProcesses, AreConfinedByTheDatabaseToTheRowsOfWhomTheyServe) {
  ASSERT_TRUE(eventually(seconds(30), [&] { return first->ready(); }));
  const auto token = person("alice");
  const auto providers = [&] {
    return run(Command{{"curl", "-fsS", "-H", "Authorization: Bearer " + token,
                        "http://127.0.0.1:" + std::to_string(first->port) + "/api/providers"},
                       {},
                       {}})
        .out;
  };
  EXPECT_NE(providers().find("provider-alice"), std::string::npos) << first->process.log_text();
  database.sql(
      "CREATE OR REPLACE FUNCTION mosaic_account() RETURNS text LANGUAGE sql STABLE AS $$ SELECT "
      "'mallory' WHERE current_setting('mosaic.account', true) <> '' $$");
  EXPECT_EQ(providers().find("provider-alice"), std::string::npos);
}

TEST_F(TwoProcesses, LookingAtAnAgentIsNoUseOfIt) {
  ASSERT_TRUE(eventually(seconds(30), [&] { return first->ready(); }));
  const auto token = person("looker", "stopped");
  for (const std::string path : {"/api/container", "/v1/models"}) {
    const auto looked = run(Command{{"curl", "-fsS", "-H", "Authorization: Bearer " + token,
                                     "http://127.0.0.1:" + std::to_string(first->port) + path},
                                    {},
                                    {}});
    EXPECT_EQ(looked.exit_code, 0) << path << looked.err;
  }
  EXPECT_EQ(last_active("looker"), "");
  EXPECT_EQ(agents_busy(), 0);
}

}  // namespace
}  // namespace mosaic::e2e
