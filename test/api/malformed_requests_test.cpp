// Fifty thousand requests that were valid once: mutated at random from a fixed seed, many per
// connection. The server must stay up, answer every one of them with something it means, and serve
// the next client as if nothing had been.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "test/api/mutated_request.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

constexpr int threads = 4;
constexpr int requests_per_thread = 12'500;

const std::vector<std::string> valid_requests{
    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /hello?x=%20y HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: "
    "y\r\n\r\n",
    "HEAD /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc\r\nAccept: */*\r\n\r\n",
    "POST /fields HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n"};

// Several requests on one connection, then the end: whatever state they left, closing must end it.
void attack(std::uint16_t port, std::uint64_t seed, std::map<int, int>& statuses) {
  Random random(seed);
  int sent = 0;
  while (sent < requests_per_thread) {
    std::string batch;
    for (int i = 0; i < 25; ++i, ++sent) batch += mutated(random, valid_requests);
    RawClient client(port);
    client.send(batch);
    client.close_sending();
    const auto answers = client.read_to_end();
    for (auto at = answers.find("HTTP/1.1 "); at != std::string::npos;
         at = answers.find("HTTP/1.1 ", at + 1)) {
      // Bodies that came back as an echo contain the words of requests, but never a status.
      const int status = std::atoi(answers.c_str() + at + 9);
      if (status != 0) ++statuses[status];
    }
  }
}

TEST(MalformedRequests, FiftyThousandLeaveTheServerAsItWas) {
  RunningServer running(echo_router());
  std::vector<std::map<int, int>> statuses(threads);
  std::vector<std::thread> attackers;
  for (int i = 0; i < threads; ++i) {
    attackers.emplace_back(
        [&, i] { attack(running.port(), 20'260'131U + static_cast<unsigned>(i), statuses[i]); });
  }
  for (auto& attacker : attackers) attacker.join();
  std::map<int, int> total;
  for (const auto& one : statuses) {
    for (const auto& [status, count] : one) total[status] += count;
  }
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
