// What agents use and have written, as the API tells it: what all use is for admins, a log is for its owner alone.
#include "secrets/secret_box.hpp"
#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

class EngineQuestions : public ManagementHouse {
 protected:
  static AgentUsage use_of(const ResourceKey& agent) {
    AgentUsage usage;
    usage.agent = agent;
    usage.memory_bytes = 700;
    usage.memory_limit_bytes = 1536;
    usage.processes = 33;
    return usage;
  }
  // A controller that answers with these words.
  void answer(const std::string& document) {
    questions.on_ask([this, document](const LogQuestion& question) {
      asked.push_back(question);
      questions.answer_log(question.id, box.encrypt(document), term());
    });
  }

  std::vector<LogQuestion> asked;
};

TEST_F(EngineQuestions, AdminsSeeWhatAllUseAndOthersWhatTheirOwnDoes) {
  const auto alice = run_agent("alice");
  const auto bob = run_agent("bob");
  EXPECT_EQ(call("root", "GET", "/api/fleet/usage").body["items"].size(), 0U);
  EXPECT_TRUE(questions.open_questions().usage) << "asking makes the controller measure";
  auto busy = use_of(bob);
  busy.cpu_milli = 250;
  questions.write_usage({use_of(alice), busy}, term());
  const auto all = call("root", "GET", "/api/fleet/usage");
  EXPECT_EQ(all.status, 200);
  ASSERT_EQ(all.body["items"].size(), 2U);
  EXPECT_TRUE(all.body["problem"].is_null());
  const auto own = call("alice", "GET", "/api/container/usage");
  EXPECT_EQ(own.body["usage"],
            Json::parse(R"({"kind": "user", "id": ")" + alice.name +
                        R"(", "owner": "alice", "memoryBytes": 700, "memoryLimitBytes": 1536,
                        "cpuMilli": null, "processes": 33, "at": "2026-01-01T00:00:00.000Z"})"));
  EXPECT_EQ(call("bob", "GET", "/api/container/usage").body["usage"]["cpuMilli"], 250);
  EXPECT_TRUE(call("root", "GET", "/api/container/usage").body["usage"].is_null());
  EXPECT_EQ(call("alice", "GET", "/api/fleet/usage").status, 404);
  EXPECT_EQ(call("", "GET", "/api/container/usage").status, 401);
}

TEST_F(EngineQuestions, WhyNothingIsMeasuredIsSaid) {
  questions.write_usage_hindrance("this engine tells nothing", term());
  EXPECT_EQ(call("root", "GET", "/api/fleet/usage").body["problem"], "this engine tells nothing");
  EXPECT_EQ(call("alice", "GET", "/api/container/usage").body["problem"],
            "this engine tells nothing");
}

TEST_F(EngineQuestions, ALogIsAskedForOnBehalfOfItsOwnerAlone) {
  run_agent("alice");
  answer(
      R"({"lines": [{"at": "t", "error": false, "text": "hello"}], "cut": true, "problem": ""})");
  const auto log =
      call("alice", "GET", "/api/container/log?tail=7&after=2026-01-01T00:00:00.000000000Z");
  ASSERT_EQ(log.status, 200) << log.body;
  EXPECT_EQ(log.body, Json::parse(R"({"items": [{"at": "t", "error": false, "text": "hello"}],
                                      "cut": true, "phase": "running"})"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].account_id, "alice");
  EXPECT_EQ(asked[0].lines, 7);
  EXPECT_EQ(asked[0].after, "2026-01-01T00:00:00.000000000Z");
  EXPECT_EQ(call("root", "GET", "/api/container/log").status, 409) << "an admin without an agent";
  EXPECT_EQ(call("root", "GET", "/api/fleet/user/agent-alice/log").status, 404);
  EXPECT_EQ(call("root", "GET", "/api/container/log?owner=alice").status, 422);
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(EngineQuestions, ALogOfASleepingAgentSaysThatItSleepsAndWakesNobody) {
  const auto key = run_agent("alice");
  auto row = rows.find_agent(key).value();
  row.status.phase = Phase::stopped;
  rows.write_status(key, row.status, term());
  const auto last_active = rows.find_agent(key)->last_active_at;
  clock.advance(std::chrono::minutes(1));
  answer(R"({"lines": [], "cut": false, "problem": ""})");
  const auto log = call("alice", "GET", "/api/container/log");
  EXPECT_EQ(log.status, 200);
  EXPECT_EQ(log.body["phase"], "stopped");
  EXPECT_EQ(rows.find_agent(key)->last_active_at, last_active);
}

TEST_F(EngineQuestions, ALogThatCannotBeHadIsA503WithTheReason) {
  run_agent("alice");
  answer(R"({"lines": [], "cut": false, "problem": "the engine did not answer"})");
  const auto unanswered = call("alice", "GET", "/api/container/log");
  EXPECT_EQ(unanswered.status, 503);
  EXPECT_NE(unanswered.body.value("detail", "").find("the engine did not answer"),
            std::string::npos);
  answer("no JSON");
  EXPECT_EQ(call("alice", "GET", "/api/container/log").status, 503);
  questions.on_ask([this](const LogQuestion& question) {
    questions.answer_log(question.id, "enc:of another key", term());
  });
  EXPECT_EQ(call("alice", "GET", "/api/container/log").status, 503);
  clock.advance(std::chrono::hours(2));  // the lease has run out
  EXPECT_NE(call("alice", "GET", "/api/container/log")
                .body.value("detail", "")
                .find("no controller leads"),
            std::string::npos);
}

TEST_F(EngineQuestions, OnlySoManyLinesMayBeAskedFor) {
  run_agent("alice");
  for (const char* wrong : {"tail=0", "tail=1001", "tail=x", "after=now",
                            "after=2026-01-01T00:00:00Z", "after=2026-01-01T00:00:00.00000000xZ"})
    EXPECT_EQ(call("alice", "GET", std::string("/api/container/log?") + wrong).status, 422)
        << wrong;
}

}  // namespace
}  // namespace mosaic::test
