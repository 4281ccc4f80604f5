// TLS with a verified peer over a non-blocking socket.
//
// Thread-safety: TlsContext is immutable and shared by all streams; a TlsStream belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "http/http_endpoint.hpp"
#include "http/socket.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace mosaic {

class TlsContext {
 public:
  // Throws HttpError(tls) when a file cannot be read or key and certificate do not belong together.
  explicit TlsContext(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* native() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

class TlsStream final : public ByteStream {
 public:
  // Does the handshake; `host` is what the server's certificate must be for, a name or an address.
  TlsStream(const TlsContext& context, Socket socket, const std::string& host,
            const WaitLimit& limit);
  ~TlsStream() override;
  std::size_t read_some(char* into, std::size_t size, const WaitLimit& limit) override;
  void write_all(std::string_view bytes, const WaitLimit& limit) override;
  bool is_quiet() const override;

 private:
  void expect_host(const std::string& host);
  void handshake(const WaitLimit& limit);
  // Waits for what OpenSSL waits for; false when the stream has ended.
  bool await(int outcome, const WaitLimit& limit);

  Socket socket_;
  ssl_st* session_;
};

}  // namespace mosaic
