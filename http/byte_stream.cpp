#include "http/byte_stream.hpp"

#include "http/tls_stream.hpp"

namespace mosaic {
namespace {

class LocalOpener final : public StreamOpener {
 public:
  explicit LocalOpener(std::string path) : path_(std::move(path)) {}
  std::unique_ptr<ByteStream> open(const WaitLimit& limit) override {
    return std::make_unique<PlainStream>(connect_local(path_, limit));
  }

 private:
  const std::string path_;
};

class TcpOpener final : public StreamOpener {
 public:
  explicit TcpOpener(const HttpEndpoint& endpoint)
      : host_(endpoint.host),
        address_(endpoint.connect_address.empty() ? endpoint.host : endpoint.connect_address),
        port_(endpoint.port) {
    if (endpoint.tls) tls_ = std::make_unique<TlsContext>(*endpoint.tls);
  }
  std::unique_ptr<ByteStream> open(const WaitLimit& limit) override {
    Socket socket = connect_tcp(address_, port_, limit);
    if (tls_) return std::make_unique<TlsStream>(*tls_, std::move(socket), host_, limit);
    return std::make_unique<PlainStream>(std::move(socket));
  }

 private:
  const std::string host_;
  const std::string address_;
  const std::uint16_t port_;
  std::unique_ptr<TlsContext> tls_;
};

}  // namespace

std::unique_ptr<StreamOpener> make_stream_opener(const HttpEndpoint& endpoint) {
  if (endpoint.is_local_socket()) return std::make_unique<LocalOpener>(endpoint.socket_path);
  return std::make_unique<TcpOpener>(endpoint);
}

}  // namespace mosaic
