// Mutual TLS against a server of the test's own, with certificates made for it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

#include "http/http_client.hpp"
#include "http/http_error.hpp"
#include "test/tls_identity.hpp"

namespace mosaic {
namespace {

using test::Identity;
using test::make_identity;
using test::write_pem;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    std::string pattern = "/tmp/mosaic-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write_certificate("ca.pem", authority_);
    write_certificate("cert.pem", client_);
    write_pem(folder_ + "/key.pem", [&](FILE* file) {
      PEM_write_PrivateKey(file, client_.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    write_certificate("stranger.pem", stranger_);
    listen();
  }
  ~TlsTest() override {
    ::shutdown(listener_, SHUT_RDWR);
    serving_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
    std::filesystem::remove_all(folder_);
  }

  HttpEndpoint endpoint(const std::string& authority, bool with_certificate) const {
    HttpEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = port_;
    endpoint.tls = TlsFiles{folder_ + "/" + authority, {}, {}};
    if (with_certificate) {
      endpoint.tls->certificate_file = folder_ + "/cert.pem";
      endpoint.tls->key_file = folder_ + "/key.pem";
    }
    return endpoint;
  }
  static HttpAnswer get(HttpClient& client) {
    HttpRequest request;
    request.target = "/";
    return client.call(request, WaitLimit::in(std::chrono::seconds(10)));
  }
  static HttpErrorKind failure_of(const HttpEndpoint& endpoint) {
    try {
      HttpClient client(endpoint);
      get(client);
    } catch (const HttpError& error) {
      return error.kind();
    }
    throw std::logic_error("it was accepted");
  }

  std::string folder_;

 private:
  void write_certificate(const std::string& name, const Identity& identity) {
    write_pem(folder_ + "/" + name,
              [&](FILE* file) { PEM_write_X509(file, identity.certificate.get()); });
  }

  void listen() {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, server_.certificate.get());
    SSL_CTX_use_PrivateKey(context_, server_.key.get());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority_.certificate.get());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 8) != 0) {
      throw std::runtime_error("cannot listen");
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    serving_ = std::thread([this] { serve(); });
  }

  void serve() {
    for (;;) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      SSL* session = SSL_new(context_);
      SSL_set_fd(session, peer);
      char request[4096];
      if (SSL_accept(session) == 1) {
        while (SSL_read(session, request, sizeof request) > 0) {
          const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
          SSL_write(session, answer.data(), static_cast<int>(answer.size()));
        }
      }
      SSL_free(session);
      ::close(peer);
    }
  }

  Identity authority_ = make_identity("authority", nullptr);
  Identity server_ = make_identity("server", &authority_);
  Identity client_ = make_identity("client", &authority_);
  Identity stranger_ = make_identity("stranger", nullptr);
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread serving_;
};

TEST_F(TlsTest, SpeaksToAServerThatKnowsUsAndThatWeKnow) {
  HttpClient client(endpoint("ca.pem", true));
  EXPECT_EQ(get(client).body, "hello");
  EXPECT_EQ(get(client).body, "hello");
  EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(TlsTest, RefusesAServerOfAnUnknownAuthority) {
  EXPECT_EQ(failure_of(endpoint("stranger.pem", true)), HttpErrorKind::tls);
}

TEST_F(TlsTest, RefusesAServerUnderAnotherName) {
  HttpEndpoint other = endpoint("ca.pem", true);
  other.host = "localhost";
  EXPECT_EQ(failure_of(other), HttpErrorKind::tls);
}

TEST_F(TlsTest, IsRefusedWithoutACertificate) {
  // The server's word on it may be lost when it closes at once.
  const HttpErrorKind failure = failure_of(endpoint("ca.pem", false));
  EXPECT_TRUE(failure == HttpErrorKind::tls || failure == HttpErrorKind::closed);
}

TEST_F(TlsTest, SaysWhichFileCannotBeUsed) {
  HttpEndpoint broken = endpoint("ca.pem", true);
  broken.tls->key_file = folder_ + "/missing.pem";
  try {
    HttpClient client(broken);
    FAIL() << "made without a key";
  } catch (const HttpError& error) {
    EXPECT_EQ(error.kind(), HttpErrorKind::tls);
    EXPECT_NE(std::string(error.what()).find("missing.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace mosaic
