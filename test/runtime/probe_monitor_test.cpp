// HttpHealthMonitor against a real server on a loopback port, with the production clock and, where a rule is about
// long times, shorter settings.
#include "runtime/probe/http_health_monitor.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "test/runtime/probe_http_server.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RecordingListener final : public HealthListener {
 public:
  void on_health_changed(const ResourceKey& key) override {
    const std::lock_guard lock(mutex_);
    changes_.push_back(key);
    changed_.notify_all();
  }

  bool wait_for_changes(std::size_t count, milliseconds limit = seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return changes_.size() >= count; });
  }

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return changes_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ResourceKey> changes_;
};

ProbeSettings quick_settings() {
  ProbeSettings settings;
  settings.startup_interval_max = milliseconds(20);
  settings.startup_timeout = milliseconds(100);
  settings.liveness_interval = milliseconds(20);
  settings.liveness_timeout = milliseconds(50);
  settings.recheck_interval = milliseconds(5);
  settings.failing_interval = milliseconds(5);
  return settings;
}

class HttpHealthMonitorRules : public testing::Test {
 protected:
  ProbeTarget target(const std::string& endpoint, const std::string& container = "c1") const {
    return {container, endpoint, started_at_};
  }
  ResourceKey key(int number = 0) const {
    return {ResourceKind::user_container, "row" + std::to_string(number)};
  }

  // Waits until the server was asked `count` times.
  static bool wait_for_requests(const ProbeHttpServer& server, int count) {
    const auto limit = std::chrono::steady_clock::now() + seconds(20);
    while (server.requests() < count) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }

  SystemClock clock_;
  RecordingListener listener_;
  TimePoint started_at_ = SystemClock().now();
};

ProbeHttpServer::Handler always(int status) {
  return [status](const std::string&) { return ProbeHttpServer::answer(status); };
}

TEST_F(HttpHealthMonitorRules, NothingIsKnownOfWhatIsNotWatched) {
  HttpHealthMonitor monitor(clock_, listener_);
  EXPECT_EQ(monitor.view(key(), target("127.0.0.1:1")).health, Health::unknown);
}

TEST_F(HttpHealthMonitorRules, AsksForReadyzWithHostAndWithoutKeepingTheConnection) {
  std::string seen;
  std::mutex mutex;
  ProbeHttpServer server([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    seen = request;
    return ProbeHttpServer::answer(200);
  });
  HttpHealthMonitor monitor(clock_, listener_);
  monitor.watch(key(), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(1));
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(seen.starts_with("GET /readyz HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nHost: " + server.endpoint() + "\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nConnection: close\r\n"), std::string::npos) << seen;
}

TEST_F(HttpHealthMonitorRules, AnswerOf200MakesReady) {
  ProbeHttpServer server(always(200));
  HttpHealthMonitor monitor(clock_, listener_);
  monitor.watch(key(), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(1));
  const auto view = monitor.view(key(), target(server.endpoint()));
  EXPECT_EQ(view.health, Health::ready);
  EXPECT_TRUE(view.ready_at.has_value());
  EXPECT_EQ(view.last_error, "");
}

TEST_F(HttpHealthMonitorRules, NoticesWithinMillisecondsThatARefusedPortOpened) {
  const auto port = unused_port();
  const auto endpoint = "127.0.0.1:" + std::to_string(port);
  HttpHealthMonitor monitor(clock_, listener_);
  monitor.watch(key(), target(endpoint));
  const auto limit = std::chrono::steady_clock::now() + seconds(20);
  while (monitor.view(key(), target(endpoint)).failures == 0 &&
         std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  EXPECT_EQ(monitor.view(key(), target(endpoint)).last_error, "Connection refused");
  ProbeHttpServer server(always(200), port);
  const auto opened = std::chrono::steady_clock::now();
  ASSERT_TRUE(listener_.wait_for_changes(1));
  // The rule is 5 ms; a loaded test machine gets more.
  EXPECT_LT(std::chrono::steady_clock::now() - opened, milliseconds(250));
}

TEST_F(HttpHealthMonitorRules, EveryOtherAnswerLeavesItStarting) {
  const std::vector<std::pair<std::string, std::string>> answers = {
      {ProbeHttpServer::answer(503), "/readyz answered 503"},
      {ProbeHttpServer::answer(302), "/readyz answered 302"},
      {"SSH-2.0-OpenSSH_9.2p1\r\n", "the answer is not HTTP"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "the answer is not HTTP"},
      {std::string(100'000, 'x'), "the answer is not HTTP"},
      {"", "closed the connection without an answer"},
  };
  for (const auto& [answer, error] : answers) {
    ProbeHttpServer server([&answer = answer](const std::string&) { return answer; });
    HttpHealthMonitor monitor(clock_, listener_);
    monitor.watch(key(), target(server.endpoint()));
    ASSERT_TRUE(wait_for_requests(server, 2));
    const auto view = monitor.view(key(), target(server.endpoint()));
    EXPECT_EQ(view.health, Health::starting);
    EXPECT_EQ(view.last_error, error);
  }
  EXPECT_EQ(listener_.count(), 0u);
}

TEST_F(HttpHealthMonitorRules, AnEndpointThatIsNoAddressIsAFailureWithItsReason) {
  HttpHealthMonitor monitor(clock_, listener_);
  for (const auto* endpoint :
       {"", "agent:18789", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:80x", "[::1:80"}) {
    monitor.watch(key(), target(endpoint));
    const auto limit = std::chrono::steady_clock::now() + seconds(20);
    while (monitor.view(key(), target(endpoint)).failures == 0 &&
           std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
    EXPECT_EQ(monitor.view(key(), target(endpoint)).last_error,
              "the endpoint is not an address and a port");
  }
}

TEST_F(HttpHealthMonitorRules, AnnouncesFailingAfterThreeSilentProbesAndRecoveryAfterOneAnswer) {
  std::atomic<bool> silent{false};
  ProbeHttpServer server([&](const std::string&) -> std::optional<std::string> {
    if (silent) return std::nullopt;
    return ProbeHttpServer::answer(200);
  });
  HttpHealthMonitor monitor(clock_, listener_, quick_settings());
  monitor.watch(key(), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(1));
  silent = true;
  ASSERT_TRUE(listener_.wait_for_changes(2));
  auto view = monitor.view(key(), target(server.endpoint()));
  EXPECT_EQ(view.health, Health::failing);
  EXPECT_GE(view.failures, 3);
  EXPECT_EQ(view.last_error, "no answer within 50 ms");
  silent = false;
  ASSERT_TRUE(listener_.wait_for_changes(3));
  EXPECT_EQ(monitor.view(key(), target(server.endpoint())).health, Health::ready);
}

TEST_F(HttpHealthMonitorRules, TheSameTargetGoesOnAndANewProcessStartsAnew) {
  ProbeHttpServer server(always(200));
  HttpHealthMonitor monitor(clock_, listener_);
  const auto first = target(server.endpoint());
  monitor.watch(key(), first);
  ASSERT_TRUE(listener_.wait_for_changes(1));
  monitor.watch(key(), first);
  EXPECT_EQ(monitor.view(key(), first).health, Health::ready);
  EXPECT_EQ(server.requests(), 1);

  auto restarted = first;
  restarted.started_at += seconds(5);
  monitor.watch(key(), restarted);
  EXPECT_EQ(monitor.view(key(), first).health, Health::unknown);
  ASSERT_TRUE(listener_.wait_for_changes(2));
  EXPECT_EQ(monitor.view(key(), restarted).health, Health::ready);
}

TEST_F(HttpHealthMonitorRules, AfterForgetTheSameTargetIsProbedForReadinessAtOnce) {
  ProbeHttpServer server(always(200));
  HttpHealthMonitor monitor(clock_, listener_);
  monitor.watch(key(), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(1));
  monitor.forget(key());
  EXPECT_EQ(monitor.view(key(), target(server.endpoint())).health, Health::unknown);
  monitor.watch(key(), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(2, milliseconds(5000)));
}

TEST_F(HttpHealthMonitorRules, OpensNoMoreSocketsThanAllowedAndStillReachesEveryone) {
  auto settings = quick_settings();
  settings.concurrent_probes = 4;
  settings.concurrent_liveness_probes = 2;
  settings.liveness_interval = seconds(30);
  ProbeHttpServer server(always(200));
  HttpHealthMonitor monitor(clock_, listener_, settings);
  for (int number = 0; number < 200; ++number)
    monitor.watch(key(number), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(200));
  // The server may still be closing a connection whose probe has ended.
  EXPECT_LE(server.most_at_once(), 16);
}

TEST_F(HttpHealthMonitorRules, HangingGatewaysDoNotKeepAStartingOneWaiting) {
  auto settings = quick_settings();
  settings.concurrent_probes = 4;
  settings.concurrent_liveness_probes = 2;
  settings.liveness_timeout = seconds(30);
  std::atomic<bool> silent{false};
  ProbeHttpServer hanging([&](const std::string&) -> std::optional<std::string> {
    if (silent) return std::nullopt;
    return ProbeHttpServer::answer(200);
  });
  ProbeHttpServer starting(always(200));
  HttpHealthMonitor monitor(clock_, listener_, settings);
  for (int number = 0; number < 20; ++number)
    monitor.watch(key(number), target(hanging.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(20));
  const int before = hanging.requests();
  silent = true;
  ASSERT_TRUE(wait_for_requests(hanging, before + 2));
  monitor.watch(key(100), target(starting.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(21));
  EXPECT_EQ(monitor.view(key(100), target(starting.endpoint())).health, Health::ready);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto as_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return as_seconds(usage.ru_utime) + as_seconds(usage.ru_stime);
}

TEST_F(HttpHealthMonitorRules, ThousandsOfReadyAgentsCostAlmostNothing) {
  ProbeHttpServer server(always(200));
  HttpHealthMonitor monitor(clock_, listener_);
  for (int number = 0; number < 2000; ++number)
    monitor.watch(key(number), target(server.endpoint()));
  ASSERT_TRUE(listener_.wait_for_changes(2000));
  const double before = cpu_seconds();
  // Nothing happens in this time: that is what is measured.
  EXPECT_FALSE(listener_.wait_for_changes(2001, milliseconds(500)));
  EXPECT_LT(cpu_seconds() - before, 0.1);
}

TEST_F(HttpHealthMonitorRules, EndsAtOnceWithProbesUnderWay) {
  ProbeHttpServer server([](const std::string&) { return std::nullopt; });
  const auto began = std::chrono::steady_clock::now();
  {
    HttpHealthMonitor monitor(clock_, listener_);
    for (int number = 0; number < 20; ++number)
      monitor.watch(key(number), target(server.endpoint()));
    ASSERT_TRUE(wait_for_requests(server, 20));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(10));
}

}  // namespace
}  // namespace mosaic
