// TLS with a verified peer over a non-blocking socket that somebody else owns and waits for: each call does what can be done
// now, and says what it wants next.
//
// Thread-safety: TlsContext is immutable and shared by all sessions; a TlsSession belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/http_endpoint.hpp"

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

class TlsSession {
 public:
  enum class Step : std::uint8_t {
    done,
    wants_read,   // again once the socket can be read
    wants_write,  // again once it can be written, with the same bytes
    ended,        // the peer has said that it sends nothing more
    cut_off,      // the connection ended without that
    failed,       // see failure()
  };

  // `host` is what the server's certificate must be for, a name or an address. Throws HttpError(tls).
  TlsSession(const TlsContext& context, int descriptor, const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  Step read(char* into, std::size_t size, std::size_t& got);
  // Some of `bytes`, which are not empty, or none.
  Step write(std::string_view bytes, std::size_t& sent);

  // There is something to read, whatever the socket says.
  bool has_pending() const;
  // One line for the log: OpenSSL's words; and the same with what it means, after a handshake that failed.
  const std::string& failure() const { return failure_; }
  std::string why_no_handshake() const;

 private:
  void expect_host(const std::string& host);
  Step step_after(int outcome);

  ssl_st* session_;
  std::string failure_;
};

}  // namespace mosaic
