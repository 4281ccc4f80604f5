// What sessions and the gateway rely on when they read and write, over real sockets on one loop.
#include "api/connection.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>

namespace mosaic::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds long_enough{5};

tcp::endpoint any_port() { return {asio::ip::address_v4::loopback(), 0}; }

class ConnectionTest : public testing::Test {
 protected:
  // A connection and its peer, which blocks and has a loop of its own.
  std::shared_ptr<Connection> connect_to(tcp::socket& peer) {
    tcp::acceptor acceptor(loop_, any_port());
    peer.connect(acceptor.local_endpoint());
    return std::make_shared<Connection>(acceptor.accept());
  }

  // Runs the loop until it is so.
  template <typename Condition>
  bool comes_true(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    while (!condition()) {
      if (loop_.run_one_until(deadline) == 0) return false;
    }
    return true;
  }

  template <typename Task>
  bool completes(Task task) {
    bool done = false;
    asio::co_spawn(loop_, std::move(task), [&](const std::exception_ptr&) { done = true; });
    return comes_true([&] { return done; });
  }

  asio::io_context peers_loop_{1};
  asio::io_context loop_{1};
};

asio::awaitable<void> read_to_end(std::shared_ptr<Connection> connection, std::string& text) {
  bool more = true;
  while (more) {
    more = co_await connection->receive();
    text += connection->input();
    connection->consume(connection->input().size());
  }
}

TEST_F(ConnectionTest, TakesWhatCameBeforeAnybodyWaitedAndTheEndBehindIt) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  asio::write(peer, asio::buffer(std::string("early")));
  peer.shutdown(tcp::socket::shutdown_send);
  std::string text;
  ASSERT_TRUE(completes(read_to_end(connection, text)));
  EXPECT_EQ(text, "early");
  EXPECT_TRUE(connection->ended());
}

TEST_F(ConnectionTest, NoticesAnEndThatComesTogetherWithData) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  std::string text;
  bool done = false;
  asio::co_spawn(loop_, read_to_end(connection, text),
                 [&](const std::exception_ptr&) { done = true; });
  loop_.poll();  // it waits
  asio::write(peer, asio::buffer(std::string("late")));
  peer.close();
  ASSERT_TRUE(comes_true([&] { return done; }));
  EXPECT_EQ(text, "late");
}

TEST_F(ConnectionTest, TellsItsWatcherThatThePeerHasGoneAndKeepsWhatItSaidBefore) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  int told = 0;
  connection->watch([&] { ++told; });
  asio::write(peer, asio::buffer(std::string("next")));
  EXPECT_TRUE(comes_true([&] { return connection->input() == "next"; }));
  EXPECT_EQ(told, 0);
  peer.close();
  EXPECT_TRUE(comes_true([&] { return told == 1; }));
  EXPECT_TRUE(connection->ended());
  EXPECT_EQ(connection->input(), "next");
}

TEST_F(ConnectionTest, NeverTellsAWatcherWithinTheCallThatAsksForIt) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  peer.close();
  bool told = false;
  connection->watch([&] { told = true; });
  EXPECT_FALSE(told);
  EXPECT_TRUE(comes_true([&] { return told; }));
}

TEST_F(ConnectionTest, AnyWordEndsASilence) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  bool told = false;
  connection->watch_silence([&] { told = true; });
  loop_.poll();
  EXPECT_FALSE(told);
  asio::write(peer, asio::buffer(std::string("?")));
  EXPECT_TRUE(comes_true([&] { return told; }));
}

TEST_F(ConnectionTest, KeepsNoMoreThanItsBoundOfWhatNobodyTakes) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  peer.non_blocking(true);
  bool told = false;
  connection->watch([&] { told = true; });
  const std::string piece(16 * 1024, 'x');
  boost::system::error_code error;
  std::size_t sent = 0;
  std::size_t most = 0;
  while (sent < 1024 * 1024 && !error) {
    sent += peer.write_some(asio::buffer(piece), error);
    loop_.poll();
    most = std::max(most, connection->input().size());
  }
  EXPECT_GT(sent, most);
  EXPECT_EQ(most, 64U * 1024);
  EXPECT_FALSE(told);
}

asio::awaitable<void> receive_once(std::shared_ptr<Connection> connection,
                                   std::optional<bool>& got) {
  got = co_await connection->receive();
}

TEST_F(ConnectionTest, ADeadlineEndsOneWaitAndNotTheNext) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  std::optional<bool> got;
  connection->set_deadline(milliseconds(1));
  ASSERT_TRUE(completes(receive_once(connection, got)));
  EXPECT_EQ(got, false);
  EXPECT_TRUE(connection->timed_out());
  connection->set_deadline(long_enough);
  asio::write(peer, asio::buffer(std::string("now")));
  ASSERT_TRUE(completes(receive_once(connection, got)));
  EXPECT_EQ(got, true);
  EXPECT_EQ(connection->input(), "now");
}

TEST_F(ConnectionTest, ClosingWakesWhoeverWaitsButNotWithinTheCall) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  std::optional<bool> got;
  asio::co_spawn(loop_, receive_once(connection, got), asio::detached);
  loop_.poll();
  connection->close();
  EXPECT_FALSE(got);
  EXPECT_TRUE(comes_true([&] { return got.has_value(); }));
  EXPECT_EQ(got, false);
}

// Whichever is told first closes the other, whose notice has come with the same look at the sockets.
TEST_F(ConnectionTest, ANoticeIsLostWithItsConnection) {
  tcp::socket one_peer(peers_loop_);
  tcp::socket other_peer(peers_loop_);
  auto one = connect_to(one_peer);
  auto other = connect_to(other_peer);
  int told = 0;
  one->watch([&] {
    ++told;
    other->close();
    other.reset();
  });
  other->watch([&] {
    ++told;
    one->close();
    one.reset();
  });
  loop_.poll();
  one_peer.close();
  other_peer.close();
  ASSERT_TRUE(comes_true([&] { return told > 0; }));
  loop_.poll();
  EXPECT_EQ(told, 1);
}

struct Turns {
  int reads = 0;
  bool others = false;
};

asio::awaitable<void> read_without_end(std::shared_ptr<Connection> connection, tcp::socket& peer,
                                       Turns& turns) {
  const std::string piece(256 * 1024, 'x');
  while (!turns.others && turns.reads < 1'000) {
    boost::system::error_code full;
    peer.write_some(asio::buffer(piece), full);
    const bool more = co_await connection->receive();
    if (!more) co_return;
    connection->consume(connection->input().size());
    ++turns.reads;
  }
}

TEST_F(ConnectionTest, APeerThatNeverStopsLeavesTheOthersTheirTurn) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  peer.non_blocking(true);
  Turns turns;
  bool done = false;
  asio::co_spawn(loop_, read_without_end(connection, peer, turns),
                 [&](const std::exception_ptr&) { done = true; });
  asio::post(loop_, [&] { turns.others = true; });
  ASSERT_TRUE(comes_true([&] { return turns.others; }));
  EXPECT_GT(turns.reads, 1);
  EXPECT_LE(turns.reads, 16);
  connection->close();
  EXPECT_TRUE(comes_true([&] { return done; }));
}

asio::awaitable<void> send_all(std::shared_ptr<Connection> connection, const std::string& text,
                               milliseconds limit, std::optional<bool>& sent) {
  SendParts parts{text, {}, {}};
  sent = co_await connection->send(parts, limit);
}

TEST_F(ConnectionTest, SendsTheRestWhenThePeerTakesIt) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  connection->bound_send_buffer();
  const std::string text(8 * 1024 * 1024, 'y');
  std::optional<bool> sent;
  asio::co_spawn(loop_, send_all(connection, text, long_enough, sent), asio::detached);
  loop_.poll();
  EXPECT_FALSE(sent);
  std::string taken(text.size(), ' ');
  std::size_t received = 0;
  peer.non_blocking(true);
  while (received < text.size() && sent.value_or(true)) {
    boost::system::error_code nothing_yet;
    received +=
        peer.read_some(asio::buffer(taken.data() + received, text.size() - received), nothing_yet);
    loop_.poll();
  }
  EXPECT_EQ(sent, true);
  EXPECT_EQ(taken, text);
}

TEST_F(ConnectionTest, GivesUpAPeerThatTakesNothing) {
  tcp::socket peer(peers_loop_);
  const auto connection = connect_to(peer);
  const std::string text(8 * 1024 * 1024, 'y');
  std::optional<bool> sent;
  ASSERT_TRUE(completes(send_all(connection, text, milliseconds(20), sent)));
  EXPECT_EQ(sent, false);
}

asio::awaitable<void> connect_once(std::shared_ptr<Connection> connection, tcp::endpoint endpoint,
                                   std::optional<bool>& connected) {
  connected = co_await connection->connect(endpoint, long_enough);
}

TEST_F(ConnectionTest, ConnectsOrSaysThatNobodyListens) {
  tcp::acceptor acceptor(peers_loop_, any_port());
  const auto endpoint = acceptor.local_endpoint();
  std::optional<bool> connected;
  const auto connection = std::make_shared<Connection>(loop_.get_executor());
  ASSERT_TRUE(completes(connect_once(connection, endpoint, connected)));
  EXPECT_EQ(connected, true);
  auto peer = acceptor.accept();
  asio::write(peer, asio::buffer(std::string("hello")));
  std::optional<bool> got;
  ASSERT_TRUE(completes(receive_once(connection, got)));
  EXPECT_EQ(connection->input(), "hello");
  acceptor.close();
  const auto refused = std::make_shared<Connection>(loop_.get_executor());
  ASSERT_TRUE(completes(connect_once(refused, endpoint, connected)));
  EXPECT_EQ(connected, false);
}

}  // namespace
}  // namespace mosaic::test
