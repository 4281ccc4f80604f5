#include "http/tls_stream.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "http/http_error.hpp"

namespace mosaic {
namespace {

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

[[noreturn]] void throw_tls(const std::string& what) {
  throw HttpError(HttpErrorKind::tls, what + " (" + openssl_error() + ")");
}

// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE in a program that may not ignore it.
int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_temporary(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

int write_to_socket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && is_temporary(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && is_temporary(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* socket_bio(int descriptor) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mosaic socket");
    BIO_meth_set_write(made, &write_to_socket);
    BIO_meth_set_read(made, &read_from_socket);
    BIO_meth_set_ctrl(made, &control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) throw_tls("no memory for TLS");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsContext::TlsContext(const TlsFiles& files) : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw_tls("no memory for TLS");
  try {
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (files.authority_file.empty()) {
      if (SSL_CTX_set_default_verify_paths(context_) != 1)
        throw_tls("cannot read the system's certificate authorities");
    } else if (SSL_CTX_load_verify_locations(context_, files.authority_file.c_str(), nullptr) !=
               1) {
      throw_tls("cannot read the certificate authority " + files.authority_file);
    }
    if (files.certificate_file.empty() && files.key_file.empty()) return;
    if (SSL_CTX_use_certificate_chain_file(context_, files.certificate_file.c_str()) != 1) {
      throw_tls("cannot read the certificate " + files.certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context_, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw_tls("cannot read the key " + files.key_file);
    }
    if (SSL_CTX_check_private_key(context_) != 1) {
      throw_tls(files.key_file + " is not the key of " + files.certificate_file);
    }
  } catch (...) {
    SSL_CTX_free(context_);
    throw;
  }
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsStream::TlsStream(const TlsContext& context, Socket socket, const std::string& host,
                     const WaitLimit& limit)
    : socket_(std::move(socket)), session_(SSL_new(context.native())) {
  if (session_ == nullptr) throw_tls("no memory for TLS");
  try {
    BIO* bio = socket_bio(socket_.descriptor());
    SSL_set_bio(session_, bio, bio);
    expect_host(host);
    handshake(limit);
  } catch (...) {
    SSL_free(session_);
    throw;
  }
}

TlsStream::~TlsStream() { SSL_free(session_); }

void TlsStream::expect_host(const std::string& host) {
  in6_addr address{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (is_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_), host.c_str()) != 1)
      throw_tls("bad address " + host);
    return;
  }
  SSL_set_tlsext_host_name(session_, host.c_str());
  if (SSL_set1_host(session_, host.c_str()) != 1) throw_tls("bad host name " + host);
}

void TlsStream::handshake(const WaitLimit& limit) {
  for (;;) {
    ERR_clear_error();
    const int outcome = SSL_connect(session_);
    if (outcome == 1) return;
    const int error = SSL_get_error(session_, outcome);
    if (error == SSL_ERROR_WANT_READ) {
      await_socket(socket_.descriptor(), POLLIN, limit);
    } else if (error == SSL_ERROR_WANT_WRITE) {
      await_socket(socket_.descriptor(), POLLOUT, limit);
    } else {
      const long verdict = SSL_get_verify_result(session_);
      throw_tls(verdict == X509_V_OK ? std::string("the TLS handshake failed")
                                     : std::string("the server's certificate is not accepted: ") +
                                           X509_verify_cert_error_string(verdict));
    }
  }
}

bool TlsStream::await(int outcome, const WaitLimit& limit) {
  switch (SSL_get_error(session_, outcome)) {
    case SSL_ERROR_WANT_READ:
      await_socket(socket_.descriptor(), POLLIN, limit);
      return true;
    case SSL_ERROR_WANT_WRITE:
      await_socket(socket_.descriptor(), POLLOUT, limit);
      return true;
    case SSL_ERROR_ZERO_RETURN:
      return false;
    // With TLS 1.3 a server tells only now that it does not accept our certificate.
    case SSL_ERROR_SSL:
      throw_tls("the TLS connection failed");
    default:
      return false;
  }
}

std::size_t TlsStream::read_some(char* into, std::size_t size, const WaitLimit& limit) {
  for (;;) {
    std::size_t got = 0;
    ERR_clear_error();
    const int outcome = SSL_read_ex(session_, into, size, &got);
    if (outcome == 1) return got;
    if (!await(outcome, limit)) return 0;
  }
}

void TlsStream::write_all(std::string_view bytes, const WaitLimit& limit) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    ERR_clear_error();
    const int outcome = SSL_write_ex(session_, bytes.data(), bytes.size(), &sent);
    if (outcome == 1) {
      bytes.remove_prefix(sent);
    } else if (!await(outcome, limit)) {
      throw HttpError(HttpErrorKind::closed,
                      "the TLS connection was closed (does the server accept our certificate?)");
    }
  }
}

// Session tickets arrive unasked after a TLS 1.3 handshake; the first answer's read has taken them in.
bool TlsStream::is_quiet() const {
  return SSL_pending(session_) == 0 && socket_is_quiet(socket_.descriptor());
}

}  // namespace mosaic
