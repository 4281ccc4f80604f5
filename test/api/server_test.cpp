#include "api/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <list>
#include <set>
#include <sstream>
#include <thread>

#include "store/store.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

TEST(Server, AnswersAndKeepsTheConnection) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get_request("/hello?secret=1"));
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->field("X-Content-Type-Options"), "nosniff");
  }
}

TEST(Server, RefusesAHeadRequestWithoutABodyThatNobodyWouldRead) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send("HEAD /hello%zz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  const auto answer = client.read_to_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    const auto body = "body " + std::to_string(i);
    requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "body " + std::to_string(i));
  }
}

TEST(Server, ReadsChunkedBodiesAndDropsTrailers) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  const std::string fields = " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  client.send("POST /echo" + fields +
              "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: Bearer stolen\r\n\r\n");
  EXPECT_EQ(client.read_response()->body, "abcde");
  client.send("POST /fields" + fields +
              "1\r\na\r\n0\r\nAuthorization: Bearer stolen\r\nHost: b\r\n\r\n");
  EXPECT_EQ(client.read_response()->body, "host=a\ntransfer-encoding=chunked\n");
}

TEST(Server, HeadHasNoBodyAndTheConnectionGoesOn) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get_request("/hello"));
  const auto head = client.read_response(false);
  EXPECT_EQ(head->field("Content-Length"), "5");
  EXPECT_EQ(client.read_response()->body, "hello");
}

TEST(Server, ClosesWhenAskedTo) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send(get_request("/hello", "Connection: close\r\n"));
  EXPECT_EQ(client.read_response()->field("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(Server, ContinuesWhenTheClientWaitsForIt) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_response()->status, 100);
  client.send("ok");
  EXPECT_EQ(client.read_response()->body, "ok");
}

TEST(Server, TakesOnlyPlainRequestIds) {
  RunningServer running(echo_router());
  const auto id_for = [&](const std::string& id) {
    return ask_once(running.port(), get_request("/hello", "X-Request-Id: " + id + "\r\n"))
        ->field("X-Request-Id");
  };
  EXPECT_EQ(id_for("abc-1.2_X"), "abc-1.2_X");
  for (const auto* odd : {"a b", "<script>", "", "a\"b"}) EXPECT_EQ(id_for(odd).size(), 25U) << odd;
  EXPECT_EQ(id_for(std::string(65, 'a')).size(), 25U);
}

TEST(Server, FailuresOfHandlersBecomeProblemsWithoutTheirWords) {
  Router router;
  router.add("GET", "/store",
             [](const Request&) -> Response { throw StoreError("host=sentinel"); });
  router.add("GET", "/bug",
             [](const Request&) -> Response { throw std::runtime_error("sentinel"); });
  RunningServer running(std::move(router));
  const auto store = ask_once(running.port(), get_request("/store"));
  EXPECT_EQ(store->status, 503);
  EXPECT_EQ(store->field("Retry-After"), "2");
  const auto bug = ask_once(running.port(), get_request("/bug"));
  EXPECT_EQ(bug->status, 500);
  EXPECT_EQ(bug->field("Content-Type"), "application/problem+json");
  EXPECT_EQ((store->body + bug->body).find("sentinel"), std::string::npos);
}

TEST(Server, FieldsOfAResponseCannotBeSplit) {
  Router router;
  router.add("GET", "/", [](const Request&) {
    Response response(200, "text/plain", "x");
    response.set_field("X-Value", "a\r\nSet-Cookie: b");
    return response;
  });
  RunningServer running(std::move(router));
  EXPECT_EQ(ask_once(running.port(), get_request("/"))->field("Set-Cookie"), "");
}

TEST(Server, BusyWorkersMean503ButLivenessAnswers) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> running_handlers = 0;
  Router router;
  router.add("GET", "/slow", [&](const Request&) {
    ++running_handlers;
    released.wait();
    return Response(200, "text/plain", "slow");
  });
  router.add(
      "GET", "/alive", [](const Request&) { return Response(200, "text/plain", "alive"); },
      RunsOn::io_thread);
  auto limits = quick_limits();
  limits.workers = 1;
  limits.queued_requests = 1;
  RunningServer running(std::move(router), limits);
  RawClient first(running.port());
  first.send(get_request("/slow"));
  while (running_handlers == 0) std::this_thread::yield();
  // One of these waits in the queue, whichever comes first; the other two find it full.
  std::list<RawClient> others;
  for (int i = 0; i < 3; ++i) others.emplace_back(running.port()).send(get_request("/slow"));
  const auto answered = [&] {
    return std::count_if(others.begin(), others.end(),
                         [](auto& client) { return client.has_input(); });
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (answered() < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(ask_once(running.port(), get_request("/alive"))->body, "alive");
  release.set_value();
  EXPECT_EQ(first.read_response()->body, "slow");
  std::multiset<int> statuses;
  for (auto& client : others) {
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    statuses.insert(response->status);
    EXPECT_EQ(response->field("Retry-After"), response->status == 503 ? "1" : "");
  }
  EXPECT_EQ(statuses, (std::multiset<int>{200, 503, 503}));
}

TEST(Server, LogsThePathWithoutTheQueryOnOneLine) {
  std::ostringstream stream;
  Listener listener;
  listener.router = std::make_shared<const Router>(echo_router());
  LogOptions options;
  options.format = LogFormat::json;
  {
    HttpServer server(quick_limits(), {listener}, Logger::to_stream(stream, options));
    server.start();
    ask_once(server.ports().front(),
             get_request("/hello?token=sentinel", "X-Request-Id: id-1\r\n"));
    server.stop();
  }
  EXPECT_NE(stream.str().find("/hello"), std::string::npos);
  EXPECT_NE(stream.str().find("id-1"), std::string::npos);
  EXPECT_EQ(stream.str().find("sentinel"), std::string::npos);
}

TEST(Server, SaysWhatToDoWhenThePortIsTaken) {
  RunningServer running(echo_router());
  Listener listener;
  listener.port = running.port();
  listener.router = std::make_shared<const Router>(echo_router());
  HttpServer second(quick_limits(), {listener}, Logger::silent());
  try {
    second.start();
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("port " + std::to_string(listener.port)),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("choose another"), std::string::npos);
  }
}

TEST(ServerStop, FinishesWhatIsInFlightAndClosesWhatIsIdle) {
  std::promise<void> entered;
  std::promise<void> release;
  const auto released = release.get_future().share();
  Router router = echo_router();
  router.add("GET", "/slow", [&](const Request&) {
    entered.set_value();
    released.wait();
    return Response(200, "text/plain", "done");
  });
  RunningServer running(std::move(router));
  RawClient idle(running.port());
  idle.send(get_request("/hello"));
  ASSERT_TRUE(idle.read_response());
  RawClient busy(running.port());
  busy.send(get_request("/slow"));
  entered.get_future().wait();
  std::thread stopper([&] { running.server().stop(); });
  EXPECT_TRUE(idle.ended());
  release.set_value();
  const auto response = busy.read_response();
  stopper.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(response->field("Connection"), "close");
  EXPECT_THROW(RawClient(running.port()), std::runtime_error);
}

TEST(ServerStop, DoesNotWaitLongerThanTheDrainTimeout) {
  auto limits = quick_limits();
  limits.drain_timeout = std::chrono::milliseconds(100);
  RunningServer running(echo_router(), limits);
  RawClient half_sent(running.port());
  half_sent.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ask_once(running.port(), get_request("/hello"));
  const auto began = std::chrono::steady_clock::now();
  running.server().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(running.server().open_connections(), 0U);
}

}  // namespace
}  // namespace mosaic::test
