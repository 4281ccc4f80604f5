#include "http/tls_session.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
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
    // So that writing never waits for something to read.
    SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION);
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

TlsSession::TlsSession(const TlsContext& context, int descriptor, const std::string& host)
    : session_(SSL_new(context.native())) {
  if (session_ == nullptr) throw_tls("no memory for TLS");
  try {
    BIO* bio = socket_bio(descriptor);
    SSL_set_bio(session_, bio, bio);
    expect_host(host);
  } catch (...) {
    SSL_free(session_);
    throw;
  }
}

TlsSession::~TlsSession() { SSL_free(session_); }

void TlsSession::expect_host(const std::string& host) {
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

TlsSession::Step TlsSession::step_after(int outcome) {
  if (outcome == 1) return Step::done;
  switch (SSL_get_error(session_, outcome)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return Step::ended;
    case SSL_ERROR_SSL:
      failure_ = openssl_error();
      return Step::failed;
    default:
      return Step::cut_off;
  }
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  return step_after(SSL_connect(session_));
}

TlsSession::Step TlsSession::read(char* into, std::size_t size, std::size_t& got) {
  ERR_clear_error();
  return step_after(SSL_read_ex(session_, into, size, &got));
}

TlsSession::Step TlsSession::write(std::string_view bytes, std::size_t& sent) {
  ERR_clear_error();
  return step_after(SSL_write_ex(session_, bytes.data(), bytes.size(), &sent));
}

bool TlsSession::has_pending() const { return SSL_pending(session_) > 0; }

std::string TlsSession::why_no_handshake() const {
  const long verdict = SSL_get_verify_result(session_);
  const std::string what = verdict == X509_V_OK
                               ? std::string("the TLS handshake failed")
                               : std::string("the server's certificate is not accepted: ") +
                                     X509_verify_cert_error_string(verdict);
  return what + " (" + (failure_.empty() ? "no reason given" : failure_) + ")";
}

}  // namespace mosaic
