// Fifty thousand requests that were valid once: mutated at random from a fixed seed, many per
// connection. The server must stay up, answer every one of them with something it means, and serve
// the next client as if nothing had been.
#include <gtest/gtest.h>

#include <thread>

#include "test/api/malformed_attack.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

const std::vector<std::string> valid_requests{
    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /hello?x=%20y HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: "
    "y\r\n\r\n",
    "HEAD /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc\r\nAccept: */*\r\n\r\n",
    "POST /fields HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n"};

TEST(MalformedRequests, FiftyThousandLeaveTheServerAsItWas) {
  RunningServer running(echo_router());
  auto total = attack_from_four_threads(running.port(), 20'260'131U, valid_requests,
                                        AttackReading::after_closing);
  for (const auto& [status, count] : total)
    EXPECT_TRUE(status < 500 && status >= 100) << status << ": " << count;
  EXPECT_GT(total[400], 0);
  EXPECT_GT(total[200], 0);
  EXPECT_EQ(ask_once(running.port(), get_request("/hello"))->body, "hello");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (running.server().open_connections() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(running.server().open_connections(), 0U);
}

}  // namespace
}  // namespace mosaic::test
