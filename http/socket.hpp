// Sockets that never block: connecting within a limit, and reading and writing with poll().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/byte_stream.hpp"
#include "http/ip_address.hpp"

struct sockaddr;

namespace mosaic {

// Owns a file descriptor.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  ~Socket();
  Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// Both throw HttpError(cannot_connect | time_up | interrupted); the socket is non-blocking.
Socket connect_local(const std::string& path, const WaitLimit& limit);
Socket connect_tcp(const std::string& host, std::uint16_t port, const WaitLimit& limit);

// Every address of a name (or of a numeric address itself), each once. Throws HttpError as connect_tcp does.
std::vector<IpAddress> resolve_addresses(const std::string& host, const WaitLimit& limit);
// Nothing for a family that is not IP.
std::optional<IpAddress> address_of(const sockaddr* address);

// Waits as wait_for_socket does, and throws HttpError when the limit is reached.
void await_socket(int descriptor, short events, const WaitLimit& limit);

// Nothing to read and not closed.
bool socket_is_quiet(int descriptor);

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}
  std::size_t read_some(char* into, std::size_t size, const WaitLimit& limit) override;
  void write_all(std::string_view bytes, const WaitLimit& limit) override;
  bool is_quiet() const override { return socket_is_quiet(socket_.descriptor()); }

 private:
  Socket socket_;
};

}  // namespace mosaic
