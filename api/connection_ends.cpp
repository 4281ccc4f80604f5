#include "api/connection_ends.hpp"

namespace mosaic {

namespace asio = boost::asio;

namespace {

constexpr std::size_t linger_bytes = 256 * 1024;
constexpr std::chrono::milliseconds linger_time{1'000};

}  // namespace

asio::awaitable<ReadOutcome> receive_head(Connection& connection, const ServerLimits& limits,
                                          std::size_t& head_bytes, bool& idle) {
  bool begun = false;
  std::size_t searched = 0;
  while (true) {
    const auto bytes = connection.input();
    if (!bytes.empty()) idle = false;
    const auto end = bytes.find("\r\n\r\n", searched);
    head_bytes = end + 4;
    if (end != std::string_view::npos && head_bytes <= limits.head.bytes)
      co_return ReadOutcome::complete;
    if (end != std::string_view::npos || bytes.size() > limits.head.bytes)
      co_return ReadOutcome::too_large;
    if (!begun && !bytes.empty()) {
      begun = true;
      connection.set_deadline(limits.head_timeout);
    }
    searched = bytes.size() < 3 ? 0 : bytes.size() - 3;
    const bool more = co_await connection.receive();
    if (more) continue;
    co_return begun&& connection.timed_out() ? ReadOutcome::timed_out : ReadOutcome::ended;
  }
}

asio::awaitable<void> linger(Connection& connection) {
  connection.end_sending();
  connection.set_deadline(linger_time);
  std::size_t thrown_away = 0;
  bool more = true;
  while (more && thrown_away < linger_bytes) {
    thrown_away += connection.input().size();
    connection.consume(connection.input().size());
    more = co_await connection.receive();
  }
}

}  // namespace mosaic
