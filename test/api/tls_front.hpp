// TLS before a server of a test's own: takes it off and passes bytes on to a port of the loopback, both ways.
//
// One thread per connection. `context` is the server's, with its key and certificate.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/tls_identity.hpp"

struct ssl_ctx_st;

namespace mosaic::test {

class TlsFront {
 public:
  TlsFront(const Identity& identity, std::uint16_t behind);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  std::uint16_t port() const { return port_; }
  int handshakes() const { return handshakes_; }  // that both sides were content with

 private:
  void accept();
  void serve(int descriptor);

  ssl_ctx_st* context_;
  const std::uint16_t behind_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> handshakes_ = 0;
  std::mutex mutex_;
  std::vector<int> descriptors_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace mosaic::test
