// TLS with a verified peer as a stream whose every operation ends at a limit.
//
// Thread-safety: a TlsStream belongs to one thread at a time.
#pragma once

#include <string>

#include "http/socket.hpp"
#include "http/tls_session.hpp"

namespace mosaic {

class TlsStream final : public ByteStream {
 public:
  // Does the handshake; `host` is what the server's certificate must be for, a name or an address.
  TlsStream(const TlsContext& context, Socket socket, const std::string& host,
            const WaitLimit& limit);
  std::size_t read_some(char* into, std::size_t size, const WaitLimit& limit) override;
  void write_all(std::string_view bytes, const WaitLimit& limit) override;
  bool is_quiet() const override;

 private:
  // Waits for what the session waits for; false when the stream has ended.
  bool await(TlsSession::Step step, const WaitLimit& limit);

  Socket socket_;
  TlsSession session_;
};

}  // namespace mosaic
