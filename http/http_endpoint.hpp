// Where an HTTP server listens: a socket in the file system, or a TCP port with or without mutual TLS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mosaic {

// PEM files. The server must show a certificate of `authority_file` for its host name; we show `certificate_file`.
struct TlsFiles {
  std::string authority_file;    // empty: the authorities that the system trusts
  std::string certificate_file;  // empty with key_file: we show none
  std::string key_file;

  bool operator==(const TlsFiles&) const = default;
};

struct HttpEndpoint {
  std::string socket_path;  // when set, the rest does not matter
  std::string host;
  std::uint16_t port = 0;
  std::optional<TlsFiles> tls;
  // When set: connects to this numeric address instead of looking `host` up. `host` is still what a certificate must
  // be for.
  std::string connect_address;
  std::string host_field;  // of requests; empty: `host`

  bool is_local_socket() const { return !socket_path.empty(); }
  bool operator==(const HttpEndpoint&) const = default;
};

}  // namespace mosaic
