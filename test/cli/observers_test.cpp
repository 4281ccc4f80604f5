#include <gtest/gtest.h>

#include <sstream>

#include "cli/fleet_census.hpp"
#include "cli/observers/agent_observer.hpp"
#include "cli/observers/attention_log.hpp"
#include "cli/observers/engine_observer.hpp"
#include "cli/observers/informer_observer.hpp"
#include "cli/observers/queue_observer.hpp"
#include "cli/observers/reconcile_observer.hpp"
#include "test/cli/agent_rows.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

class Observers : public testing::Test {
 protected:
  bool shown(const std::string& line) { return metrics_.render().find(line) != std::string::npos; }
  int lines_with(const std::string& text) const {
    int count = 0;
    const std::string log = stream_.str();
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  std::ostringstream stream_;
  const Logger log_ =
      Logger::to_stream(stream_, {.level = LogLevel::debug, .format = LogFormat::json});
  Metrics metrics_;
  FakeClock clock_;
  const ResourceKey key_{ResourceKind::user_container, "c1"};
};

TEST_F(Observers, AReconcileAndItsEngineCallsShareAnId) {
  ReconcileObserver reconciles(metrics_.controller("agents"), log_);
  EngineObserver engine(metrics_.engine("unix:///run/docker.sock"), log_);
  reconciles.on_reconcile_begin(key_);
  engine.on_call("POST", "/containers/{id}/start", 204, 5ms);
  reconciles.on_reconcile_end(key_, ReconcileResult::success, 10ms, "");
  EXPECT_EQ(lines_with("user/c1#"), 2) << stream_.str();
  EXPECT_TRUE(
      shown(R"(controller_runtime_reconcile_total{controller="agents",result="success"} 1)"));
}

TEST_F(Observers, ATerminalErrorCountsAsAnError) {
  ReconcileObserver reconciles(metrics_.controller("agents"), log_);
  reconciles.on_reconcile_begin(key_);
  reconciles.on_reconcile_end(key_, ReconcileResult::terminal_error, 1ms, "exit 78");
  EXPECT_TRUE(shown(R"(controller_runtime_reconcile_errors_total{controller="agents"} 1)"));
  EXPECT_TRUE(
      shown(R"(controller_runtime_terminal_reconcile_errors_total{controller="agents"} 1)"));
  EXPECT_EQ(lines_with("exit 78"), 1);
}

TEST_F(Observers, QueueDepthIsShownByPriority) {
  QueueObserver queue(metrics_.work_queue("agents"));
  queue.on_depth(Priority::waiting_user, 3);
  EXPECT_TRUE(shown(R"(priority="waiting_user"} 3)"));
}

TEST_F(Observers, AnEngineThatStaysAwayIsToldOfOnceAMinute) {
  InformerLog informer(clock_, metrics_.observation(), log_);
  for (int second = 0; second < 61; ++second) {
    informer.on_relist_failed("cannot connect");
    clock_.advance(1s);
  }
  EXPECT_EQ(lines_with("cannot connect"), 2);
  informer.on_relisted(1ms, 0, 0, 0);
  EXPECT_EQ(lines_with("listing works again"), 1);
}

TEST_F(Observers, ALineForTheOperatorIsNotRepeatedEverySecond) {
  AttentionLog attention(clock_, log_);
  for (int second = 0; second < 61; ++second) {
    attention.report("the database does not answer");
    clock_.advance(1s);
  }
  EXPECT_EQ(lines_with("the database does not answer"), 2);
}

TEST_F(Observers, AgentsAreCountedByPhaseOnlyWhileWeLead) {
  FakeStore store(clock_);
  store.put_agent(user_row("c1", "alice"));
  store.put_agent(user_row("c2", "bob"));
  FleetCensus census(clock_, store, store, store, metrics_);
  census.run(true);
  EXPECT_TRUE(shown(R"(mosaic_containers{kind="user",status="stopped"} 2)")) << metrics_.render();
  AgentLog agents(metrics_, log_);
  AgentStatus starting;
  starting.phase = Phase::starting;
  agents.on_status(user_row("c1", "alice"), AgentStatus(), starting);
  EXPECT_TRUE(shown(R"(mosaic_containers{kind="user",status="stopped"} 1)"));
  EXPECT_TRUE(shown(R"(mosaic_containers{kind="user",status="starting"} 1)"));
  census.run(false);
  EXPECT_TRUE(shown(R"(mosaic_containers{kind="user",status="stopped"} 0)"));
}

TEST_F(Observers, AWakeIsMeasuredByItsDepth) {
  AgentLog agents(metrics_, log_);
  agents.on_woken(key_, WakeDepth::paused, 30ms, 10min);
  EXPECT_TRUE(shown(R"(mosaic_wake_duration_seconds_count{kind="user",start="paused"} 1)"))
      << metrics_.render();
}

}  // namespace
}  // namespace mosaic::cli
