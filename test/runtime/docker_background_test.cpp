// What the driver does on threads of its own: following events, and pulling images.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "runtime/docker/event_watcher.hpp"
#include "runtime/docker/image_puller.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/runtime/docker_test_server.hpp"

namespace mosaic {
namespace {

using Connection = DockerTestServer::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Collects words and lets a test wait for one.
class Journal final : public EngineListener {
 public:
  void on_agent_changed(const ResourceKey& key) override { add("agent " + to_string(key)); }
  void on_image_changed(const std::string& image) override { add("image " + image); }
  void on_events_missed() override { add("missed"); }
  void on_engine_reachable(bool reachable) override {
    add(reachable ? "reachable" : "unreachable");
  }

  void add(const std::string& word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(word);
    changed_.notify_all();
  }
  bool wait_for(const std::string& word, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] {
      return static_cast<std::size_t>(std::count(words_.begin(), words_.end(), word)) >= times;
    });
  }
  std::vector<std::string> words() {
    const std::lock_guard lock(mutex_);
    return words_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> words_;
};

DockerSettings settings_of(const DockerTestServer& server) {
  DockerSettings settings;
  settings.endpoint = parse_engine_url(server.url(), std::nullopt);
  settings.instance = "1a2b3c4d5e6f";
  return settings;
}

bool answer_ping(Connection& connection, const std::string& request) {
  if (request.find("/_ping ") == std::string::npos) return false;
  connection.answer(200, "OK", ping_fields());
  return true;
}

std::string chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx", text.size());
  return std::string(size) + "\r\n" + text + "\r\n";
}

constexpr auto stream_header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string event(const std::string& instance, const std::string& action) {
  return R"({"Type":"container","Action":")" + action +
         R"(","Actor":{"ID":"x","Attributes":{"com.mosaic.instance":")" + instance +
         R"(","com.mosaic.kind":"user","com.mosaic.id":"c1","com.mosaic.role":"agent","name":"n"}}})" +
         "\n";
}

struct Watching {
  explicit Watching(const DockerTestServer& server)
      : settings(settings_of(server)), engine(settings.endpoint, clock, nullptr) {
    EventWatcher::Hooks hooks;
    hooks.network_owner = [](const std::string& network) -> std::optional<ResourceKey> {
      if (network == "mosaic-1a2b3c4d-user-alice-net")
        return ResourceKey(ResourceKind::user_container, "c1");
      return std::nullopt;
    };
    hooks.secure = [this] { journal.add("secured"); };
    hooks.on_lost = [this] { journal.add("lost"); };
    hooks.on_discarded = [this](std::size_t count) {
      journal.add("discarded " + std::to_string(count));
    };
    watcher.emplace(engine, settings, clock, journal, std::move(hooks));
  }
  FakeClock clock;
  DockerSettings settings;
  EngineClient engine;
  Journal journal;
  std::optional<EventWatcher> watcher;
};

TEST(EventWatcher, TurnsOurEventsIntoKeysAndIgnoresTheRest) {
  DockerTestServer server([](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (answer_ping(connection, request)) continue;
      const std::string first = event("another", "die");
      const std::string second = event("1a2b3c4d5e6f", "die");
      connection.send(stream_header + chunk(first + "garbage\n" + second.substr(0, 30)));
      connection.send(chunk(second.substr(30)));
      connection.send(chunk(
          R"({"Type":"network","Action":"destroy","Actor":{"ID":"y","Attributes":{"name":"mosaic-1a2b3c4d-user-bob-net"}}})"
          "\n"
          R"({"Type":"network","Action":"destroy","Actor":{"ID":"y","Attributes":{"name":"mosaic-1a2b3c4d-user-alice-net"}}})"
          "\n"
          R"({"Type":"image","Action":"load","Actor":{"ID":"sha256:1","Attributes":{"name":"sha256:1"}}})"
          "\n"
          R"({"Type":"image","Action":"tag","Actor":{"ID":"sha256:1","Attributes":{"name":"a/b:c"}}})"
          "\n"));
      connection.hang();
    }
  });
  Watching watching(server);
  ASSERT_TRUE(watching.journal.wait_for("image a/b:c"));
  EXPECT_EQ(watching.journal.words(),
            (std::vector<std::string>{"reachable", "secured", "missed", "discarded 1", "missed",
                                      "agent user/c1", "missed", "agent user/c1", "image ",
                                      "image a/b:c"}));
  EXPECT_TRUE(watching.watcher->connected());
  EXPECT_TRUE(watching.watcher->last_heard_at());
}

TEST(EventWatcher, SaysThatEventsWereMissedAfterEveryReconnection) {
  DockerTestServer server([](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (answer_ping(connection, request)) continue;
      connection.send(std::string(stream_header) + chunk(event("1a2b3c4d5e6f", "start")));
      return;
    }
  });
  Watching watching(server);
  EXPECT_TRUE(watching.journal.wait_for("missed", 3));
  EXPECT_TRUE(watching.journal.wait_for("lost", 2));
  const std::vector<std::string> words = watching.journal.words();
  EXPECT_EQ(std::count(words.begin(), words.end(), "reachable"), 1);
  EXPECT_EQ(std::count(words.begin(), words.end(), "unreachable"), 0);
}

TEST(EventWatcher, TellsOnceThatTheEngineIsGoneAndOnceThatItIsBack) {
  std::atomic<bool> up{false};
  DockerTestServer server([&up](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (!up) return;
      if (answer_ping(connection, request)) continue;
      connection.send(stream_header);
      connection.hang();
    }
  });
  Watching watching(server);
  ASSERT_TRUE(watching.journal.wait_for("unreachable"));
  up = true;
  ASSERT_TRUE(watching.journal.wait_for("reachable"));
  ASSERT_TRUE(watching.journal.wait_for("missed"));
  EXPECT_EQ(watching.journal.words(),
            (std::vector<std::string>{"unreachable", "reachable", "secured", "missed"}));
}

TEST(EventWatcher, EndsAtOnceWhileItWaits) {
  DockerTestServer server([](Connection& connection, int) { connection.hang(); });
  Watching watching(server);
  const auto began = std::chrono::steady_clock::now();
  watching.watcher.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
}

struct Pulling {
  explicit Pulling(const DockerTestServer& server, Duration stall = seconds(20))
      : settings(settings_of(server)), engine(settings.endpoint, clock, nullptr) {
    settings.pull_stall_limit = stall;
    puller.emplace(engine, settings, clock,
                   [this](const std::string& image) { journal.add("finished " + image); });
  }
  FakeClock clock;
  DockerSettings settings;
  EngineClient engine;
  Journal journal;
  std::optional<ImagePuller> puller;
};

// An engine without images whose pulls say `lines`; with `present_after` the image is there afterwards.
DockerTestServer::Script registry(const std::string& lines, bool present_after,
                                  std::atomic<int>* pulls = nullptr) {
  auto present = std::make_shared<std::atomic<bool>>(false);
  return [=](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (answer_ping(connection, request)) continue;
      if (request.find("/images/create") == std::string::npos) {
        connection.answer(*present ? 200 : 404, R"({"Id":"sha256:1"})");
        continue;
      }
      if (pulls != nullptr) ++*pulls;
      if (present_after) *present = true;
      connection.send(stream_header + chunk(lines) + "0\r\n\r\n");
    }
  };
}

// A registry whose pull begins with these lines and then stands still; `begun` is told.
auto stalling_registry(
    const std::string& lines, std::function<void()> begun = [] {}) {
  return [=](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (answer_ping(connection, request)) continue;
      if (request.find("/images/create") == std::string::npos) {
        connection.answer(404, "{}");
        continue;
      }
      connection.send(stream_header + (lines.empty() ? "" : chunk(lines)));
      begun();
      connection.hang();
    }
  };
}

TEST(ImagePuller, PullsAndForgetsWhatIsPresent) {
  DockerTestServer server(registry(R"({"status":"Pulling fs layer","id":"a"})"
                                   "\n",
                                   true));
  Pulling pulling(server);
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c"));
  EXPECT_FALSE(pulling.puller->state("a/b:c"));
}

TEST(ImagePuller, KeepsTheReasonOfAFailure) {
  DockerTestServer server(
      registry(R"({"errorDetail":{"message":"no such host"},"error":"no such host"})"
               "\n",
               false));
  Pulling pulling(server);
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c"));
  const auto state = pulling.puller->state("a/b:c");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->availability, ImageAvailability::failed);
  EXPECT_EQ(state->detail, "cannot pull a/b:c: no such host");
  pulling.puller->forget_failure("a/b:c");
  EXPECT_FALSE(pulling.puller->state("a/b:c"));
}

TEST(ImagePuller, TakesAPullThatEndsWithoutTheImageForAFailure) {
  DockerTestServer server(registry("{}\n", false));
  Pulling pulling(server);
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c"));
  EXPECT_EQ(pulling.puller->state("a/b:c")->availability, ImageAvailability::failed);
}

TEST(ImagePuller, PullsNothingThatIsPresent) {
  std::atomic<int> pulls{0};
  DockerTestServer server(registry("{}\n", true, &pulls));
  Pulling pulling(server);
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c"));
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c", 2));
  EXPECT_EQ(pulls, 1);
}

TEST(ImagePuller, GivesUpAPullThatStalls) {
  DockerTestServer server(stalling_registry(
      R"({"status":"Downloading","id":"a","progressDetail":{"current":1,"total":9}})"
      "\n"));
  Pulling pulling(server, milliseconds(80));
  pulling.puller->begin("a/b:c");
  ASSERT_TRUE(pulling.journal.wait_for("finished a/b:c"));
  EXPECT_NE(pulling.puller->state("a/b:c")->detail.find("no progress for 80 ms"),
            std::string::npos);
}

TEST(ImagePuller, IsInterruptedByItsEnd) {
  Journal journal;
  DockerTestServer server(stalling_registry("", [&journal] { journal.add("pulling"); }));
  Pulling pulling(server);
  pulling.puller->begin("a/b:c");
  pulling.puller->begin("d/e:f");
  EXPECT_EQ(pulling.puller->state("d/e:f")->detail, "waiting for another pull");
  ASSERT_TRUE(journal.wait_for("pulling"));
  const auto began = std::chrono::steady_clock::now();
  pulling.puller.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
}

TEST(PullTally, SumsLayersIntoPercent) {
  PullTally tally;
  EXPECT_EQ(tally.percent(), 0);
  tally.take("Pulling from a/b", "latest", 0, 0);
  EXPECT_EQ(tally.detail(), "asking the registry");
  tally.take("Pulling fs layer", "a", 0, 0);
  tally.take("Pulling fs layer", "b", 0, 0);
  EXPECT_EQ(tally.percent(), 0);
  tally.take("Downloading", "a", 50'000'000, 100'000'000);
  EXPECT_EQ(tally.percent(), 22);
  tally.take("Downloading", "b", 100'000'000, 100'000'000);
  EXPECT_EQ(tally.detail(), "pulling layer 1 of 2 (150 of 200 MB)");
  tally.take("Download complete", "a", 0, 0);
  tally.take("Pull complete", "a", 0, 0);
  EXPECT_EQ(tally.detail(), "pulling layer 2 of 2 (200 of 200 MB)");
  tally.take("Pull complete", "b", 0, 0);
  EXPECT_EQ(tally.percent(), 99);
}

}  // namespace
}  // namespace mosaic
