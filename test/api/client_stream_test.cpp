// What a streaming route may rely on, over real sockets.
#include "api/client_stream.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <thread>

#include "api/timed_wakeup.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

using Serve = asio::awaitable<void> (*)(Request&, ClientStream&);

class PlainStream final : public StreamHandler {
 public:
  explicit PlainStream(Serve function) : serve_(function) {}
  asio::awaitable<void> serve(Request& request, ClientStream& client) override {
    return serve_(request, client);
  }

 private:
  Serve serve_;
};

Router with_stream(Serve serve) {
  auto router = echo_router();
  router.add_stream("POST", "/stream", std::make_shared<PlainStream>(serve));
  return router;
}

std::string stream_request(std::string_view body = {}, std::string_view version = "1.1") {
  return "POST /stream HTTP/" + std::string(version) +
         "\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Response plain_head() { return Response(200, "text/plain", ""); }

asio::awaitable<void> three_pieces(Request& request, ClientStream& client) {
  const auto head = plain_head();
  co_await client.begin(head, std::nullopt);
  co_await client.write("one ");
  co_await client.write("");
  co_await client.write(request.body);
  co_await client.write(" three");
  co_await client.end();
}

TEST(ClientStream, SendsChunksAndKeepsTheConnection) {
  RunningServer running(with_stream(three_pieces));
  RawClient client(running.port());
  client.send(stream_request("two") + get_request("/hello", "Connection: close\r\n"));
  const auto answer = client.read_to_end();
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\n4\r\none \r\n3\r\ntwo\r\n6\r\n three\r\n0\r\n\r\nHTTP/1.1 200"),
            std::string::npos)
      << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
}

TEST(ClientStream, EndsWithTheConnectionForClientsThatKnowNoChunks) {
  RunningServer running(with_stream(three_pieces));
  RawClient client(running.port());
  client.send(stream_request("two", "1.0"));
  const auto answer = client.read_to_end();
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\none two three"));
}

asio::awaitable<void> announced_length(Request& request, ClientStream& client) {
  const auto head = plain_head();
  co_await client.begin(head, 6);
  co_await client.write(request.body);
  co_await client.end();
}

TEST(ClientStream, AnAnnouncedLengthIsKeptOrTheConnectionCut) {
  RunningServer running(with_stream(announced_length));
  RawClient client(running.port());
  client.send(stream_request("sixsix") + get_request("/hello"));
  EXPECT_EQ(client.read_response()->body, "sixsix");
  EXPECT_EQ(client.read_response()->body, "hello");
  for (const std::string wrong : {"five5", "seven77"}) {
    RawClient other(running.port());
    other.send(stream_request(wrong) + get_request("/hello"));
    const auto answer = other.read_to_end();
    EXPECT_EQ(answer.find("hello"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("seven77"), std::string::npos) << answer;
  }
}

// Takes its body itself: says how much has come with each piece, and then how much it was.
class PieceByPiece final : public StreamHandler {
 public:
  asio::awaitable<void> serve(Request& request, ClientStream& client) override {
    EXPECT_EQ(request.body, "");
    std::string body;
    std::string_view piece;
    while (true) {
      const auto refusal = co_await client.read_body(piece);
      if (refusal) {
        co_await client.respond(*refusal);
        co_return;
      }
      if (piece.empty()) break;
      body += piece;
      if (body == "enough") break;
    }
    const Response answer(200, "text/plain", body);
    co_await client.respond(answer);
  }
  std::optional<std::size_t> takes_body() const override { return 4 * 1024 * 1024; }
};

Router with_pieces() {
  auto router = echo_router();
  router.add_stream("POST", "/pieces", std::make_shared<PieceByPiece>());
  return router;
}

std::string pieces_request(const std::string& fields, const std::string& body) {
  return "POST /pieces HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

TEST(ClientStream, ABodyIsTakenPieceByPieceWithinTheHandlersOwnBound) {
  RunningServer running(with_pieces());
  RawClient client(running.port());
  const std::string much(3 * 1024 * 1024, 'x');
  client.send(pieces_request("Content-Length: " + std::to_string(much.size()) + "\r\n", much));
  EXPECT_TRUE(client.read_response()->body == much) << "more than the server's limit";
  client.send(pieces_request("Transfer-Encoding: chunked\r\n",
                             "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX: y\r\n\r\n") +
              pieces_request("Content-Length: 0\r\n", "") + get_request("/hello"));
  EXPECT_EQ(client.read_response()->body, "abcde");
  EXPECT_EQ(client.read_response()->body, "");
  EXPECT_EQ(client.read_response()->body, "hello") << "nothing of a body is left";
  client.send(pieces_request("Expect: 100-continue\r\nContent-Length: 2\r\n", ""));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(client.read_response()->body, "hi");
}

TEST(ClientStream, ABodyThatIsNotTakenToItsEndIsTheConnectionsEnd) {
  RunningServer running(with_pieces());
  for (const auto& [request, status] :
       std::map<std::string, int>{{pieces_request("Content-Length: 9\r\n", "enough"), 200},
                                  {pieces_request("Content-Length: 4194305\r\n", ""), 413},
                                  {pieces_request("Transfer-Encoding: chunked\r\n", "x"), 400}}) {
    RawClient client(running.port());
    client.send(request);
    const auto answer = client.read_response();
    ASSERT_TRUE(answer) << request;
    EXPECT_EQ(answer->status, status);
    client.send(get_request("/hello"));
    EXPECT_TRUE(client.ended()) << request;
  }
}

asio::awaitable<void> whole_answer(Request&, ClientStream& client) {
  const Response response(418, "text/plain", "short");
  co_await client.respond(response);
}

asio::awaitable<void> broken_at_once(Request&, ClientStream&) {
  throw std::runtime_error("sentinel");
  co_return;
}

asio::awaitable<void> broken_halfway(Request&, ClientStream& client) {
  const auto head = plain_head();
  co_await client.begin(head, std::nullopt);
  co_await client.write("half");
  throw std::runtime_error("sentinel");
}

TEST(ClientStream, FailuresNeverLookLikeAWholeAnswer) {
  RunningServer whole(with_stream(whole_answer));
  EXPECT_EQ(ask_once(whole.port(), stream_request())->body, "short");
  RunningServer at_once(with_stream(broken_at_once));
  const auto response = ask_once(at_once.port(), stream_request());
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.find("sentinel"), std::string::npos);
  RunningServer halfway(with_stream(broken_halfway));
  RawClient client(halfway.port());
  client.send(stream_request());
  EXPECT_TRUE(client.read_to_end().ends_with("4\r\nhalf\r\n"));
}

std::promise<bool>* told_gone = nullptr;

asio::awaitable<void> wait_for_change(Request&, ClientStream& client) {
  TimedWakeup wakeup(client.executor());
  client.on_change([&wakeup] { wakeup.notify(); });
  const auto head = plain_head();
  co_await client.begin(head, std::nullopt);
  const bool noticed = co_await wakeup.wait_until(steady_clock::now() + std::chrono::seconds(5));
  told_gone->set_value(noticed && client.gone());
  co_await client.end();
}

TEST(ClientStream, HearsThatTheClientHasGone) {
  std::promise<bool> gone;
  told_gone = &gone;
  RunningServer running(with_stream(wait_for_change));
  {
    RawClient client(running.port());
    client.send(stream_request());
    ASSERT_TRUE(client.read_response(false));
  }
  EXPECT_TRUE(gone.get_future().get());
}

TEST(ClientStream, HearsThatTheServerStopsAndMayFinish) {
  std::promise<bool> gone;
  told_gone = &gone;
  RunningServer running(with_stream(wait_for_change));
  RawClient client(running.port());
  client.send(stream_request());
  ASSERT_TRUE(client.read_response(false));
  running.server().stop();
  EXPECT_FALSE(gone.get_future().get());
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
}

std::atomic<std::size_t> written = 0;

asio::awaitable<void> write_for_ever(Request&, ClientStream& client) {
  const std::string piece(16 * 1024, 'x');
  const auto head = plain_head();
  co_await client.begin(head, std::nullopt);
  bool taken = true;
  while (taken) {
    taken = co_await client.write(piece);
    if (taken) written += piece.size();
  }
}

TEST(ClientStream, SlowClientsHoldTheirHandlerBackAndAreGivenUpInTheEnd) {
  written = 0;
  auto limits = quick_limits();
  limits.write_timeout = milliseconds(300);
  RunningServer running(with_stream(write_for_ever), limits);
  RawClient client(running.port());
  client.send(stream_request());
  ASSERT_TRUE(client.read_response(false));
  const auto deadline = steady_clock::now() + std::chrono::seconds(5);
  while (running.server().open_connections() > 0 && steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(running.server().open_connections(), 0U);
  // What both kernels keep, and no more: the sender's is bounded, the receiver's is what it is.
  EXPECT_GT(written, 0U);
  EXPECT_LT(written, 16U * 1024 * 1024);
}

asio::awaitable<void> on_a_worker(Request&, ClientStream& client) {
  const auto here = std::this_thread::get_id();
  std::thread::id there;
  const bool ran = co_await client.on_worker([&there] { there = std::this_thread::get_id(); });
  const bool back = std::this_thread::get_id() == here;
  const Response response(200, "text/plain", ran && back && there != here ? "yes" : "no");
  co_await client.respond(response);
}

TEST(ClientStream, BlockingWorkGoesToAWorkerAndComesBack) {
  RunningServer running(with_stream(on_a_worker));
  EXPECT_EQ(ask_once(running.port(), stream_request())->body, "yes");
}

TEST(ClientStream, PipelinedInputIsReadAheadWithinBoundsAndNotLost) {
  RunningServer running(with_stream(three_pieces));
  RawClient client(running.port());
  std::string requests;
  for (int i = 0; i < 2'000; ++i) requests += stream_request("two");
  requests += get_request("/hello", "Connection: close\r\n");
  std::thread sender([&] { client.send(requests); });
  const auto answers = client.read_to_end();
  sender.join();
  std::size_t count = 0;
  for (auto at = answers.find("HTTP/1.1 200"); at != std::string::npos;
       at = answers.find("HTTP/1.1 200", at + 1))
    ++count;
  EXPECT_EQ(count, 2'001U);
}

TEST(ClientStream, AnswersNoHead) {
  Router router;
  router.add_stream("GET", "/stream", std::make_shared<PlainStream>(three_pieces));
  RunningServer running(std::move(router));
  const auto response =
      ask_once(running.port(), "HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(response);  // a 405 without the body that its length speaks of
}

}  // namespace
}  // namespace mosaic::test
