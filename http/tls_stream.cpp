#include "http/tls_stream.hpp"

#include <poll.h>

#include <utility>

#include "http/http_error.hpp"

namespace mosaic {

using Step = TlsSession::Step;

TlsStream::TlsStream(const TlsContext& context, Socket socket, const std::string& host,
                     const WaitLimit& limit)
    : socket_(std::move(socket)), session_(context, socket_.descriptor(), host) {
  for (;;) {
    const auto step = session_.handshake();
    if (step == Step::done) return;
    if (step != Step::wants_read && step != Step::wants_write)
      throw HttpError(HttpErrorKind::tls, session_.why_no_handshake());
    await(step, limit);
  }
}

bool TlsStream::await(Step step, const WaitLimit& limit) {
  switch (step) {
    case Step::wants_read:
      await_socket(socket_.descriptor(), POLLIN, limit);
      return true;
    case Step::wants_write:
      await_socket(socket_.descriptor(), POLLOUT, limit);
      return true;
    // With TLS 1.3 a server tells only now that it does not accept our certificate.
    case Step::failed:
      throw HttpError(HttpErrorKind::tls, "the TLS connection failed (" + session_.failure() + ")");
    default:
      return false;
  }
}

std::size_t TlsStream::read_some(char* into, std::size_t size, const WaitLimit& limit) {
  for (;;) {
    std::size_t got = 0;
    const auto step = session_.read(into, size, got);
    if (step == Step::done) return got;
    if (!await(step, limit)) return 0;
  }
}

void TlsStream::write_all(std::string_view bytes, const WaitLimit& limit) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const auto step = session_.write(bytes, sent);
    if (step == Step::done) {
      bytes.remove_prefix(sent);
    } else if (!await(step, limit)) {
      throw HttpError(HttpErrorKind::closed,
                      "the TLS connection was closed (does the server accept our certificate?)");
    }
  }
}

// Session tickets arrive unasked after a TLS 1.3 handshake; the first answer's read has taken them in.
bool TlsStream::is_quiet() const {
  return !session_.has_pending() && socket_is_quiet(socket_.descriptor());
}

}  // namespace mosaic
