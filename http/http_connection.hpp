// One connection and the bytes that were read from it but not used yet.
//
// Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/byte_stream.hpp"
#include "http/http_client.hpp"

namespace mosaic {

class HttpConnection {
 public:
  explicit HttpConnection(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  void send(const HttpRequest& request, std::string_view host, const WaitLimit& limit);
  // The same for a body that follows in chunks; an empty one ends it.
  void send_head(const HttpRequest& request, std::string_view host, const WaitLimit& limit);
  void send_chunk(std::string_view bytes, const WaitLimit& limit);
  // Reads more into the buffer; false when the peer has ended the stream. Throws too_large when the buffer is full.
  bool fill(const WaitLimit& limit);
  std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);

  bool can_be_reused() const { return begin_ == end_ && stream_->is_quiet(); }
  std::size_t received() const { return received_; }  // bytes since the last send()
  std::chrono::steady_clock::time_point idle_since{};

 private:
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t received_ = 0;
};

}  // namespace mosaic
