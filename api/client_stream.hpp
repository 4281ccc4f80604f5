// The way back to one client for routes that answer piece by piece, and what such a route is.
//
// A StreamHandler is a coroutine on the I/O thread of its client: it must never block, and what blocks goes through
// on_worker(). All members of a ClientStream are for that thread. Nothing is gathered on the way: write() returns once
// the kernel has taken every byte, so a slow client slows its handler down, and one that takes nothing for the server's
// write timeout counts as gone.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "api/http_message.hpp"
#include "telemetry/log.hpp"

// Memory for coroutines is taken in one way in the whole program: see api/CMakeLists.txt.
#if !defined(BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC) || !defined(BOOST_ASIO_DISABLE_BOOST_ALIGN)
#error "this source is not in the list of api/CMakeLists.txt"
#endif

namespace mosaic {

class ClientStream {
 public:
  virtual ~ClientStream() = default;

  virtual boost::asio::any_io_executor executor() = 0;

  // For a handler that takes the body itself: the next piece of it, valid until the next call; empty once that was all.
  // Else what is to be answered, because the rest does not come as it should.
  virtual boost::asio::awaitable<std::optional<Response>> read_body(std::string_view& piece) = 0;

  // A whole answer, then the end. For when nothing was begun.
  virtual boost::asio::awaitable<bool> respond(const Response& response) = 0;

  // The head (the body of `head` is left out); then write() as often as needed, then end(). With a length, exactly so
  // many bytes must follow. False: the client is gone, as from write() and end().
  virtual boost::asio::awaitable<bool> begin(const Response& head,
                                             std::optional<std::uint64_t> length) = 0;
  virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;
  // Without it, or with fewer bytes than announced, the connection is cut, so that the client sees that it got only a
  // part.
  virtual boost::asio::awaitable<bool> end() = 0;

  virtual bool begun() const = 0;
  // The client has closed its connection, or cannot be written to any more.
  virtual bool gone() const = 0;
  // The server wants to end: what may go on for ever should end now, what is nearly done may go on.
  virtual bool stopping() const = 0;
  // Called whenever one of the two above has become true, until the next call of this with nothing. It may be called
  // while the handler waits for something else; it must not wait itself.
  virtual void on_change(std::function<void()> changed) = 0;

  // Runs on a thread that may block. False: too many wait already, and it was not run.
  virtual boost::asio::awaitable<bool> on_worker(std::function<void()> task) = 0;

  // With the request's id.
  virtual const Logger& log() = 0;
};

class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // Both outlive the coroutine. What it throws becomes a 500, or cuts the connection when something was sent already.
  virtual boost::asio::awaitable<void> serve(Request& request, ClientStream& client) = 0;
  // How large a body may be that the handler takes piece by piece, by ClientStream::read_body(); the request's own is empty
  // then. Nothing: the request has the body, within the server's limit.
  virtual std::optional<std::size_t> takes_body() const { return std::nullopt; }
};

}  // namespace mosaic
