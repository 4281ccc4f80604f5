#include "test/api/tls_front.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace mosaic::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int descriptor, const char* bytes, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(descriptor, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// Until either side ends.
void carry(SSL* session, int inner) {
  char piece[16384];
  const int outer = SSL_get_fd(session);
  while (true) {
    pollfd both[] = {{outer, POLLIN, 0}, {inner, POLLIN, 0}};
    if (SSL_pending(session) == 0 && ::poll(both, 2, -1) <= 0) return;
    if (SSL_pending(session) > 0 || both[0].revents != 0) {
      const int got = SSL_read(session, piece, sizeof piece);
      if (got <= 0 || !send_all(inner, piece, static_cast<std::size_t>(got))) return;
    } else if (both[1].revents != 0) {
      const auto got = ::recv(inner, piece, sizeof piece, 0);
      if (got <= 0 || SSL_write(session, piece, static_cast<int>(got)) <= 0) return;
    }
  }
}

}  // namespace

TlsFront::TlsFront(const Identity& identity, std::uint16_t behind)
    : context_(SSL_CTX_new(TLS_server_method())), behind_(behind) {
  SSL_CTX_use_certificate(context_, identity.certificate.get());
  SSL_CTX_use_PrivateKey(context_, identity.key.get());
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("the TLS front cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

TlsFront::~TlsFront() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (const int descriptor : descriptors_) ::close(descriptor);
  ::close(listener_);
  SSL_CTX_free(context_);
}

void TlsFront::accept() {
  while (!stopping_) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const std::lock_guard lock(mutex_);
    descriptors_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { serve(descriptor); });
  }
}

void TlsFront::serve(int descriptor) {
  SSL* const session = SSL_new(context_);
  SSL_set_fd(session, descriptor);
  const int inner = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(behind_);
  if (SSL_accept(session) == 1 &&
      ::connect(inner, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    ++handshakes_;
    carry(session, inner);
    SSL_shutdown(session);
  }
  ::close(inner);
  SSL_free(session);
  ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace mosaic::test
