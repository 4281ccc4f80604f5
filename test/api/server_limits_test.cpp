#include <gtest/gtest.h>

#include <list>
#include <thread>

#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

using std::chrono::milliseconds;

TEST(ServerLimits, SlowHeaderIsGivenUpHoweverOftenAByteComes) {
  auto limits = quick_limits();
  limits.head_timeout = milliseconds(300);
  RunningServer running(echo_router(), limits);
  RawClient client(running.port());
  const auto began = std::chrono::steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\n");
  std::thread dripping([&] {
    // As a slow-loris does it: always a little more, never the end.
    while (client.send("X: y\r\n") &&
           std::chrono::steady_clock::now() - began < std::chrono::seconds(3)) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  const auto response = client.read_response();
  const auto took = std::chrono::steady_clock::now() - began;
  dripping.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_LT(took, std::chrono::seconds(2));
}

TEST(ServerLimits, ConnectionThatSaysNothingIsClosed) {
  auto limits = quick_limits();
  limits.head_timeout = milliseconds(100);
  RunningServer running(echo_router(), limits);
  RawClient client(running.port());
  EXPECT_TRUE(client.ended());
}

TEST(ServerLimits, IdleConnectionIsClosedAfterItsTime) {
  auto limits = quick_limits();
  limits.idle_timeout = milliseconds(100);
  RunningServer running(echo_router(), limits);
  RawClient client(running.port());
  client.send(get_request("/hello"));
  ASSERT_TRUE(client.read_response());
  EXPECT_TRUE(client.ended());
}

TEST(ServerLimits, HeaderIsLimitedInBytesAndFields) {
  RunningServer running(echo_router());
  EXPECT_EQ(
      ask_once(running.port(), get_request("/hello", "X: " + std::string(15'000, 'y') + "\r\n"))
          ->status,
      200);
  EXPECT_EQ(
      ask_once(running.port(), get_request("/hello", "X: " + std::string(100'000, 'y') + "\r\n"))
          ->status,
      431);
  EXPECT_EQ(ask_once(running.port(), get_request("/" + std::string(200'000, 'a')))->status, 431);
  std::string many;
  for (int i = 0; i < 120; ++i) many += "X: y\r\n";
  EXPECT_EQ(ask_once(running.port(), get_request("/hello", many))->status, 431);
}

TEST(ServerLimits, BodyIsLimitedHoweverItIsFramed) {
  RunningServer running(echo_router());
  const std::string megabyte(1024 * 1024, 'x');
  const auto with_length = [](std::size_t size) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  };
  EXPECT_EQ(ask_once(running.port(), with_length(megabyte.size()) + megabyte)->body.size(),
            megabyte.size());
  EXPECT_EQ(ask_once(running.port(), with_length(megabyte.size() + 1))->status, 413);
  EXPECT_EQ(ask_once(running.port(), with_length(999'999'999'999'999))->status, 413);
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask_once(running.port(), chunked + "100001\r\n")->status, 413);
  EXPECT_EQ(ask_once(running.port(), chunked + "100000\r\n" + megabyte + "\r\n1\r\n")->status, 413);
}

TEST(ServerLimits, ChunkExtensionsAndTrailersAreLimited) {
  RunningServer running(echo_router());
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask_once(running.port(), chunked + "1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n")
                ->status,
            400);
  EXPECT_EQ(
      ask_once(running.port(), chunked + "1;" + std::string(1'000'000, 'x') + "\r\na\r\n0\r\n\r\n")
          ->status,
      400);
  EXPECT_EQ(
      ask_once(running.port(), chunked + "0\r\nX: " + std::string(1'000'000, 'x') + "\r\n\r\n")
          ->status,
      400);
  EXPECT_EQ(
      ask_once(running.port(), chunked + "1;" + std::string(100, 'x') + "\r\na\r\n0\r\n\r\n")->body,
      "a");
}

TEST(ServerLimits, BodyThatStopsOrDripsIsGivenUp) {
  auto limits = quick_limits();
  limits.read_timeout = milliseconds(150);
  limits.body_grace = milliseconds(100);
  limits.body_bytes_per_second = 10'000;
  RunningServer running(echo_router(), limits);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
  EXPECT_EQ(ask_once(running.port(), head)->status, 408);
  RawClient client(running.port());
  client.send(head);
  const auto began = std::chrono::steady_clock::now();
  std::thread dripping([&] {
    while (client.send("x") && std::chrono::steady_clock::now() - began < std::chrono::seconds(3)) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  const auto response = client.read_response();
  dripping.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
}

TEST(ServerLimits, TooManyConnectionsAreTurnedAwayAndRoomIsReused) {
  auto limits = quick_limits();
  limits.connections_per_address = 5;
  RunningServer running(echo_router(), limits);
  std::list<RawClient> clients;
  for (int i = 0; i < 5; ++i) {
    auto& client = clients.emplace_back(running.port());
    client.send(get_request("/hello"));
    ASSERT_TRUE(client.read_response());
  }
  RawClient one_too_many(running.port());
  EXPECT_EQ(one_too_many.read_to_end().substr(0, 12), "HTTP/1.1 503");
  clients.pop_front();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (running.server().open_connections() == 5 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(ask_once(running.port(), get_request("/hello"))->status, 200);
}

const TrustedProxies this_host_is_a_proxy({*AddressRange::parse("127.0.0.0/8")});

TEST(ServerLimits, ClientsBehindATrustedProxyAreToldApartAndNobodyElseIsBelieved) {
  const auto routes = [] {
    Router router;
    router.add("GET", "/whose", [](const Request& request) {
      return Response(200, "text/plain",
                      request.peer_address + (request.forwarded_https ? " by https" : ""));
    });
    return router;
  };
  const auto asked =
      get_request("/whose", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n");
  RunningServer behind_proxy(routes(), quick_limits(), {}, this_host_is_a_proxy);
  EXPECT_EQ(ask_once(behind_proxy.port(), asked)->body, "203.0.113.9 by https");
  RunningServer open(routes());
  EXPECT_EQ(ask_once(open.port(), asked)->body, "127.0.0.1");
}

TEST(ServerLimits, AProxysConnectionsCountForWhomeverTheyCarry) {
  auto limits = quick_limits();
  limits.connections_per_address = 1;
  RunningServer running(echo_router(), limits, {}, this_host_is_a_proxy);
  const auto from = [](const std::string& client) {
    return get_request("/hello", "X-Forwarded-For: " + client + "\r\n");
  };
  RawClient slow(running.port());
  slow.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n");
  ASSERT_EQ(slow.read_response(false)->status, 100);
  RawClient proxy(running.port());
  proxy.send(from("203.0.113.8"));
  EXPECT_EQ(proxy.read_response()->status, 200);
  proxy.send(from("203.0.113.9"));
  EXPECT_EQ(proxy.read_response()->status, 503);
  slow.send("hello");
  EXPECT_EQ(slow.read_response()->body, "hello");
  // The place is free once the answer is written, a moment after it can be read.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int status = 503;
  while (status == 503 && std::chrono::steady_clock::now() < deadline)
    status = ask_once(running.port(), from("203.0.113.9"))->status;
  EXPECT_EQ(status, 200);
}

TEST(ServerLimits, PeersOutsideOfTheRangeAreNotServed) {
  RunningServer running(echo_router(), quick_limits(), {*AddressRange::parse("10.201.0.0/16")});
  RawClient client(running.port());
  client.send(get_request("/hello"));
  EXPECT_TRUE(client.ended());
  RunningServer open(echo_router(), quick_limits(), {*AddressRange::parse("127.0.0.0/8")});
  EXPECT_EQ(ask_once(open.port(), get_request("/hello"))->status, 200);
}

}  // namespace
}  // namespace mosaic::test
