// Takes one request's body off its connection, piece by piece, and no faster than it is asked for.
//
// For one coroutine on the connection's thread; connection and limits outlive it. What comes too slowly, is too large or
// cannot be read is given up; nobody then knows where the next request begins.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/chunk_decoder.hpp"
#include "api/connection.hpp"
#include "api/connection_ends.hpp"
#include "api/http_guard.hpp"
#include "api/server.hpp"

namespace mosaic {

class RequestBody {
 public:
  RequestBody(const ServerLimits& limits, Connection& connection, const RequestHead& head,
              std::size_t most_bytes);

  // `complete`: piece() is what comes next, and empty once that was all.
  boost::asio::awaitable<ReadOutcome> next();
  // Valid until the next call, whatever the connection reads meanwhile.
  std::string_view piece() const { return piece_; }
  bool over() const { return over_; }

 private:
  ReadOutcome take();
  ReadOutcome take_chunk();
  boost::asio::awaitable<ReadOutcome> receive();

  const ServerLimits& limits_;
  Connection& connection_;
  ChunkDecoder decoder_;
  const bool chunked_;
  const std::size_t most_bytes_;
  std::uint64_t rest_;  // of a length
  bool go_on_due_;      // the client waits for our word
  bool over_;
  std::string piece_;
  std::size_t taken_ = 0;
  std::size_t received_ = 0;
  std::chrono::milliseconds waited_{0};
};

// What is answered to a body that did not come as it should.
Rejection rejection_of(ReadOutcome outcome);

}  // namespace mosaic
