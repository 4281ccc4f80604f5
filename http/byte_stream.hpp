// A connected stream of bytes whose every operation ends at a limit: a socket, or TLS over one.
//
// Thread-safety: one thread at a time. Operations throw HttpError; a stream that threw is of no further use.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/http_endpoint.hpp"
#include "http/wait_limit.hpp"

namespace mosaic {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, or 0 when the peer has ended the stream.
  virtual std::size_t read_some(char* into, std::size_t size, const WaitLimit& limit) = 0;
  virtual void write_all(std::string_view bytes, const WaitLimit& limit) = 0;
  // False once the peer has closed or sent something that nobody asked for.
  virtual bool is_quiet() const = 0;
};

// Opens streams to one endpoint; reads TLS files once, at construction. Thread-safe.
class StreamOpener {
 public:
  virtual ~StreamOpener() = default;
  virtual std::unique_ptr<ByteStream> open(const WaitLimit& limit) = 0;
};

// Throws HttpError(tls) when the TLS files cannot be used.
std::unique_ptr<StreamOpener> make_stream_opener(const HttpEndpoint& endpoint);

}  // namespace mosaic
