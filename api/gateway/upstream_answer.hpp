// Reads one answer off the connection to whom we asked, an agent or a model provider: the head, then the body piece by piece.
//
// For one coroutine on the connection's thread. A piece is valid until the next call. Nothing is read ahead of what was
// asked for, so whoever cannot pass a piece on holds the other side back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/chunk_decoder.hpp"
#include "api/connection.hpp"
#include "api/gateway/response_head.hpp"

namespace mosaic {

class UpstreamAnswer {
 public:
  struct Patience {
    std::chrono::milliseconds silence{
        600'000};                            // who says nothing for longer is given up
    std::chrono::milliseconds tick{15'000};  // how often `on_silence` is asked meanwhile
  };
  // Asked while nothing comes; false: nobody wants to wait any longer.
  using OnSilence = std::function<boost::asio::awaitable<bool>()>;

  enum class Part : std::uint8_t {
    data,
    end,
    broken,     // the connection ended before the answer did
    silent,     // nothing came for too long
    malformed,  // what came is no answer
  };

  UpstreamAnswer(Connection& connection, Patience patience, OnSilence on_silence);

  // `data`: the head is there.
  boost::asio::awaitable<Part> read_head();
  const ResponseHead& head() const { return head_; }

  boost::asio::awaitable<Part> read_piece();
  std::string_view piece() const { return piece_; }

  // The answer was read to its end and the connection may carry another.
  bool reusable() const;

 private:
  bool take_chunks();
  bool take_plain();
  boost::asio::awaitable<bool> receive();
  Part why_not() const;

  Connection& connection_;
  const Patience patience_;
  const OnSilence on_silence_;
  ResponseHead head_;
  ChunkDecoder decoder_;
  std::string_view piece_;
  std::string joined_;      // of several chunks that came at once
  std::size_t given_ = 0;   // of the input, with the present piece
  std::uint64_t rest_ = 0;  // of a length
  bool ended_ = false;
  bool malformed_ = false;
  bool silent_ = false;
};

}  // namespace mosaic
