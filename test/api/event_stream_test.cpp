#include "api/event_stream.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

#include "api/gateway/ticker.hpp"
#include "api/problem.hpp"
#include "store/store.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

using std::chrono::milliseconds;

class SwitchedGatekeeper final : public Gatekeeper {
 public:
  std::variant<Caller, Response> admit(const Request&, const AccessRule&) override {
    if (store_away) throw StoreError("away");
    if (!open) return problem(401, problem_type::sign_in_required, "Who is there?", "Sign in.");
    Caller caller;
    caller.account.id = "ada";
    return caller;
  }
  std::optional<std::variant<Caller, Response>> admit_remembered(const Request&,
                                                                 const AccessRule&) override {
    return std::nullopt;
  }

  std::atomic<bool> open = true;
  std::atomic<bool> store_away = false;
};

class EventStream : public testing::Test {
 public:
  ~EventStream() override {
    running.reset();
    ticker.stop();
    looks.stop();
  }

 protected:
  RunningServer& start(EventStreamLimits limits = {}, StandingRightLimits right_limits = {}) {
    rights.emplace(
        gatekeeper, clock,
        [this](std::function<void()> look) { return looks.try_submit(std::move(look)); },
        Logger::silent(), right_limits);
    ticker.start();
    Router router;
    add_event_stream(
        router, "/events", *rights, AccessRule{},
        [this](const Request&, const Caller& caller, std::shared_ptr<EventChannel> channel) {
          EXPECT_EQ(caller.account.id, "ada");
          opened.set_value(channel);
          return std::shared_ptr<void>(this, [this](void*) { closed.set_value(); });
        },
        limits);
    running.emplace(std::move(router));
    return *running;
  }

  SystemClock clock;
  SwitchedGatekeeper gatekeeper;
  WorkerPool looks{1, 100};
  std::optional<StandingRights> rights;
  Ticker ticker{milliseconds(10), [this] { rights->tick(); }};
  std::promise<std::shared_ptr<EventChannel>> opened;
  std::promise<void> closed;
  std::optional<RunningServer> running;
};

TEST_F(EventStream, OpensWithACommentAndSendsWhatTheChannelGets) {
  RawClient client(start().port());
  client.send(get_request("/events", "Connection: close\r\n"));
  const auto beginning = client.read_until(": open\n\n");
  EXPECT_NE(beginning.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(beginning.find("Cache-Control: no-cache, no-transform\r\n"), std::string::npos);
  EXPECT_NE(beginning.find("X-Accel-Buffering: no\r\n"), std::string::npos);
  const auto channel = opened.get_future().get();
  EXPECT_TRUE(channel->send("agent", "7", "{\"a\":1}"));
  EXPECT_NE(client.read_until("\n\n").find("event: agent\nid: 7\ndata: {\"a\":1}\n\n"),
            std::string::npos);
  EXPECT_TRUE(channel->send("", "", "two\nlines\r"));
  EXPECT_NE(client.read_until("\n\n").find("data: two\ndata: lines \n\n"), std::string::npos);
}

TEST_F(EventStream, NothingOfAnEventCanBeginAnother) {
  RawClient client(start().port());
  client.send(get_request("/events", "Connection: close\r\n"));
  const auto channel = opened.get_future().get();
  channel->send("x\nevent: forged", "1\r\ndata: forged", "data");
  const auto text = client.read_until("data: data\n\n");
  EXPECT_NE(text.find("event: x event: forged\nid: 1  data: forged\ndata: data\n\n"),
            std::string::npos)
      << text;
}

TEST_F(EventStream, CommentsKeepItAlive) {
  EventStreamLimits limits;
  limits.comment_interval = milliseconds(20);
  RawClient client(start(limits).port());
  client.send(get_request("/events", "Connection: close\r\n"));
  EXPECT_NE(client.read_until(": still here\n\n"), "");
  EXPECT_NE(client.read_until(": still here\n\n"), "");
}

TEST_F(EventStream, EndsWhenTheCallerMayNoLongerListen) {
  StandingRightLimits every_moment;
  every_moment.interval = every_moment.retry = milliseconds(20);
  RawClient client(start({}, every_moment).port());
  client.send(get_request("/events", "Connection: close\r\n"));
  const auto channel = opened.get_future().get();
  gatekeeper.store_away = true;  // takes nobody's right away
  client.read_until(": open\n\n");
  EXPECT_TRUE(channel->send("still", "", "there"));
  EXPECT_NE(client.read_until("there\n\n"), "");
  gatekeeper.open = false;
  gatekeeper.store_away = false;
  EXPECT_TRUE(client.read_to_end().ends_with("0\r\n\r\n"));
  closed.get_future().get();
  EXPECT_TRUE(channel->closed());
  EXPECT_FALSE(channel->send("x", "", "y"));
}

// The minute between two looks is not over: only the change of the account can have ended it.
TEST_F(EventStream, EndsAtOnceWhenTheAccountChangedAndHasNoRightAnyMore) {
  RawClient client(start().port());
  client.send(get_request("/events", "Connection: close\r\n"));
  const auto channel = opened.get_future().get();
  client.read_until(": open\n\n");
  rights->on_account_changed("ada");  // it still has the right: it goes on
  EXPECT_TRUE(channel->send("still", "", "there"));
  EXPECT_NE(client.read_until("there\n\n").find("there"), std::string::npos);
  gatekeeper.open = false;
  rights->on_account_changed("ada");
  channel->send("secret", "", "for admins");
  const auto rest = client.read_to_end();
  EXPECT_TRUE(rest.ends_with("0\r\n\r\n"));
  EXPECT_EQ(rest.find("for admins"), std::string::npos) << rest;
  closed.get_future().get();
}

TEST_F(EventStream, TurnsAwayBeforeItOpens) {
  gatekeeper.open = false;
  const auto response = ask_once(start().port(), get_request("/events"));
  EXPECT_EQ(response->status, 401);
  gatekeeper.store_away = true;
  EXPECT_EQ(ask_once(running->port(), get_request("/events"))->status, 503);
}

TEST_F(EventStream, EndsForAClientThatHasGone) {
  {
    RawClient client(start().port());
    client.send(get_request("/events", "Connection: close\r\n"));
    client.read_until(": open\n\n");
  }
  closed.get_future().get();
}

TEST_F(EventStream, ClientThatFallsBehindIsCutOffWithinBounds) {
  EventStreamLimits limits;
  limits.buffer_bytes = 4'096;
  RawClient client(start(limits).port());
  client.send(get_request("/events", "Connection: close\r\n"));
  const auto channel = opened.get_future().get();
  const std::string data(5'000, 'x');
  EXPECT_FALSE(channel->send("big", "", data));
  client.read_to_end();
  closed.get_future().get();
}

TEST_F(EventStream, EndsAtOnceWhenTheServerStops) {
  RawClient client(start().port());
  client.send(get_request("/events", "Connection: close\r\n"));
  client.read_until(": open\n\n");
  const auto began = std::chrono::steady_clock::now();
  running->server().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(1'500));
  closed.get_future().get();
}

}  // namespace
}  // namespace mosaic::test
