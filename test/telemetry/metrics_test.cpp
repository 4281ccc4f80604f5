#include "telemetry/metrics.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace mosaic {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

// The value of the series whose line begins so, labels included.
std::string value_of(const std::string& text, const std::string& series) {
  const auto at = ('\n' + text).find('\n' + series + ' ');
  if (at == std::string::npos) return "no such series: " + series;
  const auto begin = at + series.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string buckets_of(const std::string& text, const std::string& prefix) {
  std::string bounds;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(prefix)) continue;
    const auto begin = line.find("le=\"") + 4;
    bounds += line.substr(begin, line.find('"', begin) - begin) + " ";
  }
  return bounds;
}

TEST(Metrics, CountReconcilesAsControllerRuntimeDoes) {
  Metrics metrics;
  const ControllerMetrics controller = metrics.controller("user_container");
  controller.reconcile_success.Increment();
  controller.reconcile_error.Increment();
  controller.errors.Increment();
  controller.reconcile_seconds.Observe(0.03);
  const std::string text = metrics.render();
  const std::string label = R"({controller="user_container")";
  EXPECT_EQ(value_of(text, "controller_runtime_reconcile_total" + label + R"(,result="success"})"),
            "1");
  EXPECT_EQ(value_of(text, "controller_runtime_reconcile_total" + label + R"(,result="error"})"),
            "1");
  EXPECT_EQ(value_of(text, "controller_runtime_reconcile_total" + label + R"(,result="requeue"})"),
            "0");
  EXPECT_EQ(
      value_of(text, "controller_runtime_reconcile_total" + label + R"(,result="requeue_after"})"),
      "0");
  EXPECT_EQ(value_of(text, "controller_runtime_reconcile_errors_total" + label + "}"), "1");
  EXPECT_EQ(value_of(text, "controller_runtime_terminal_reconcile_errors_total" + label + "}"),
            "0");
  EXPECT_EQ(value_of(text, "controller_runtime_max_concurrent_reconciles" + label + "}"), "0");
  EXPECT_EQ(value_of(text, "controller_runtime_active_workers" + label + "}"), "0");
  EXPECT_EQ(value_of(text, "controller_runtime_reconcile_time_seconds_bucket" + label +
                               R"(,le="0.025"})"),
            "0");
  EXPECT_EQ(
      value_of(text, "controller_runtime_reconcile_time_seconds_bucket" + label + R"(,le="0.05"})"),
      "1");
}

TEST(Metrics, HaveTheBucketsThatDashboardsExpect) {
  Metrics metrics;
  metrics.controller("c");
  metrics.work_queue("c");
  metrics.engine("e");
  const std::string text = metrics.render();
  EXPECT_EQ(buckets_of(text, "controller_runtime_reconcile_time_seconds_bucket"),
            "0.005 0.01 0.025 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.6 0.7 0.8 0.9 1 1.25 "
            "1.5 1.75 2 2.5 3 3.5 4 4.5 "
            "5 6 7 8 9 10 15 20 25 30 40 50 60 +Inf ");
  // Go's own spelling of these, rounding included.
  const std::string queue_buckets =
      "1e-08 1e-07 1e-06 9.999999999999999e-06 9.999999999999999e-05 0.001 0.01 0.1 1 10 100 1000 "
      "+Inf ";
  EXPECT_EQ(buckets_of(text, "workqueue_queue_duration_seconds_bucket"), queue_buckets);
  EXPECT_EQ(buckets_of(text, "workqueue_work_duration_seconds_bucket"), queue_buckets);
  EXPECT_EQ(buckets_of(text, R"(rest_client_request_duration_seconds_bucket{host="e",verb="GET")"),
            "0.005 0.025 0.1 0.25 0.5 1 2 4 8 15 30 60 +Inf ");
}

TEST(Metrics, ShowAQueueByItsPriorities) {
  Metrics metrics;
  const WorkQueueMetrics queue = metrics.work_queue("user_container");
  ASSERT_EQ(queue.depth.size(), 4U);
  queue.depth[1]->Set(7);
  queue.adds.Increment();
  queue.queue_seconds.Observe(in_seconds(std::chrono::milliseconds(2)));
  const std::string text = metrics.render();
  const std::string labels = R"({controller="user_container",name="user_container")";
  EXPECT_EQ(value_of(text, "workqueue_depth" + labels + R"(,priority="waiting_user"})"), "0");
  EXPECT_EQ(value_of(text, "workqueue_depth" + labels + R"(,priority="spec_change"})"), "7");
  EXPECT_EQ(value_of(text, "workqueue_adds_total" + labels + "}"), "1");
  EXPECT_EQ(value_of(text, "workqueue_retries_total" + labels + "}"), "0");
  EXPECT_EQ(value_of(text, "workqueue_unfinished_work_seconds" + labels + "}"), "0");
  EXPECT_EQ(value_of(text, "workqueue_longest_running_processor_seconds" + labels + "}"), "0");
  EXPECT_EQ(value_of(text, "workqueue_queue_duration_seconds_sum" + labels + "}"), "0.002");
}

TEST(Metrics, CountRequestsToTheEngine) {
  Metrics metrics;
  const EngineMetrics engine = metrics.engine("unix:///run/docker.sock");
  using Method = EngineMetrics::Method;
  engine.record_request(Method::post, 201, std::chrono::milliseconds(9));
  engine.record_request(Method::get, 0, std::chrono::seconds(10));
  engine.record_request(Method::del, 418, std::chrono::milliseconds(1));
  engine.record_request(Method::del, -3, std::chrono::milliseconds(1));
  engine.breaker_state.Set(2);
  const std::string text = metrics.render();
  const std::string host = R"(host="unix:///run/docker.sock",method=)";
  EXPECT_EQ(value_of(text, R"(rest_client_requests_total{code="201",)" + host + R"("POST"})"), "1");
  EXPECT_EQ(value_of(text, R"(rest_client_requests_total{code="<error>",)" + host + R"("GET"})"),
            "1");
  EXPECT_EQ(value_of(text, R"(rest_client_requests_total{code="418",)" + host + R"("DELETE"})"),
            "1");
  EXPECT_EQ(value_of(text, R"(rest_client_requests_total{code="other",)" + host + R"("DELETE"})"),
            "1");
  EXPECT_EQ(value_of(text, R"(rest_client_requests_total{code="200",)" + host + R"("GET"})"), "0");
  EXPECT_EQ(
      value_of(
          text,
          R"(rest_client_request_duration_seconds_count{host="unix:///run/docker.sock",verb="DELETE"})"),
      "2");
  EXPECT_EQ(value_of(text, R"(mosaic_engine_breaker_state{host="unix:///run/docker.sock"})"), "2");
}

TEST(Metrics, StartEveryKnownSeriesAtZero) {
  Metrics metrics;
  metrics.leader("mosaic-controller");
  const std::string text = metrics.render();
  for (const char* series : {R"(leader_election_master_status{name="mosaic-controller"})",
                             R"(mosaic_containers{kind="user",status="hibernated"})",
                             R"(mosaic_containers{kind="system",status="running"})",
                             R"(mosaic_wake_duration_seconds_count{kind="user",start="cold"})",
                             R"(mosaic_wake_duration_seconds_count{kind="user",start="paused"})",
                             R"(mosaic_container_start_duration_seconds_count{kind="system"})",
                             R"(mosaic_idle_stops_total{reason="idle_timeout"})",
                             "mosaic_config_rollouts_total",
                             "mosaic_relist_duration_seconds_count",
                             "mosaic_last_event_age_seconds",
                             "mosaic_events_discarded_total",
                             "mosaic_drift_found_total",
                             "mosaic_stale_observations_skipped_total",
                             "mosaic_notify_reconnects_total",
                             "mosaic_network_capacity",
                             "mosaic_networks_taken",
                             "mosaic_database_pool_wait_seconds_count",
                             "mosaic_open_chat_streams",
                             "mosaic_streamed_bytes_total",
                             "mosaic_chat_first_byte_seconds_count",
                             R"(mosaic_sign_ins_total{result="success"})",
                             R"(mosaic_sign_ins_total{result="throttled"})",
                             R"(mosaic_egress_requests_total{result="address"})",
                             "mosaic_egress_open_connections",
                             R"(mosaic_egress_bytes_total{direction="sent"})"}) {
    EXPECT_EQ(value_of(text, series), "0");
  }
}

TEST(Metrics, SayWhatIsRunning) {
  Metrics metrics({"1.2.3", "abcdef0"});
  EXPECT_TRUE(
      has_line(metrics.render(), R"(mosaic_build_info{revision="abcdef0",version="1.2.3"} 1)"));
}

TEST(Metrics, NeverTakeAnUnknownWordAsALabel) {
  Metrics metrics;
  for (int user = 0; user < 1000; ++user) {
    const std::string id = "c-sentinel-" + std::to_string(user);
    metrics.containers(id, id).Set(1);
    metrics.wake_seconds(id, id).Observe(1);
    metrics.container_start_seconds(id).Observe(1);
    metrics.idle_stops(id).Increment();
    metrics.sign_ins(id).Increment();
  }
  const std::string text = metrics.render();
  EXPECT_EQ(text.find("sentinel"), std::string::npos);
  EXPECT_EQ(value_of(text, R"(mosaic_sign_ins_total{result="other"})"), "1000");
}

TEST(Metrics, GiveTheSameSeriesForTheSameName) {
  Metrics metrics;
  EXPECT_EQ(&metrics.controller("c").errors, &metrics.controller("c").errors);
  EXPECT_EQ(&metrics.wake_seconds("user", "cold"), &metrics.wake_seconds("user", "cold"));
  EXPECT_NE(&metrics.wake_seconds("user", "cold"), &metrics.wake_seconds("user", "warm"));
}

TEST(Refresher, RunsBeforeEachRenderingUntilItIsGone) {
  Metrics metrics;
  int runs = 0;
  {
    Metrics::Refresher refresher =
        metrics.before_render([&] { metrics.observation().last_event_age_seconds.Set(++runs); });
    EXPECT_EQ(value_of(metrics.render(), "mosaic_last_event_age_seconds"), "1");
    const Metrics::Refresher moved = std::move(refresher);
    EXPECT_EQ(value_of(metrics.render(), "mosaic_last_event_age_seconds"), "2");
  }
  EXPECT_EQ(value_of(metrics.render(), "mosaic_last_event_age_seconds"), "2");
}

TEST(Metrics, MayBeCountedAndRenderedAtOnce) {
  Metrics metrics;
  const ControllerMetrics controller = metrics.controller("c");
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 2000; ++round) {
          controller.reconcile_success.Increment();
          controller.reconcile_seconds.Observe(0.001);
        }
      });
    }
    for (int round = 0; round < 20; ++round) metrics.render();
  }
  EXPECT_EQ(value_of(metrics.render(),
                     R"(controller_runtime_reconcile_total{controller="c",result="success"})"),
            "6000");
}

TEST(Metrics, PassPromtool) {
  Metrics metrics({"1.2.3", "abcdef0"});
  metrics.controller("user_container");
  metrics.work_queue("user_container");
  metrics.leader("mosaic-controller");
  metrics.engine("unix:///run/docker.sock");

  std::string pattern = (std::filesystem::temp_directory_path() / "mosaic-metrics-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  std::ofstream(folder / "metrics") << metrics.render();
  const std::string command = "promtool check metrics < '" + (folder / "metrics").string() +
                              "' > '" + (folder / "complaints").string() + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream complaints;
  complaints << std::ifstream(folder / "complaints").rdbuf();
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 127)
      << "promtool is missing: run ./dev test";
  EXPECT_EQ(status, 0) << complaints.str();
  EXPECT_EQ(complaints.str(), "");
}

}  // namespace
}  // namespace mosaic
