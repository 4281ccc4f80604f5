// The two ends of a connection that is served, whatever is spoken on it: how the head of a request is taken off it, and
// how it is closed after a refusal. Private to those who serve connections.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>

#include "api/connection.hpp"
#include "api/server.hpp"

namespace mosaic {

enum class ReadOutcome : std::uint8_t { complete, ended, timed_out, too_large, malformed };

// Until the input holds everything up to and including the empty line, which are `head_bytes`. Deadline: whatever the
// connection has until the first byte, then one for the whole header, however slowly it drips. `idle` becomes false with
// the first byte.
boost::asio::awaitable<ReadOutcome> receive_head(Connection& connection, const ServerLimits& limits,
                                                 std::size_t& head_bytes, bool& idle);

// Ends our side. Closing with unread input makes the kernel reset the connection and the client lose the response, so
// a little of the rest is read and thrown away.
boost::asio::awaitable<void> linger(Connection& connection);

}  // namespace mosaic
