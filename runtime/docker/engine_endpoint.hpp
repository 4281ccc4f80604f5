// Which Docker engine to talk to, in the words that Docker's own tools use.
#pragma once

#include <functional>
#include <string>

#include "http/http_endpoint.hpp"

namespace mosaic {

struct EngineEndpoint {
  std::string url;  // for people, as it was given
  HttpEndpoint http;

  // Only an engine that shares this machine's kernel can be given firewall rules or have memory reclaimed.
  bool is_local() const { return http.is_local_socket(); }
};

// "unix:///path", "tcp://host[:port]" (port 2375, with TLS 2376), "https://host[:port]" (always TLS). Throws
// std::invalid_argument with one line that says what is wrong and what would be right.
EngineEndpoint parse_engine_url(const std::string& url, const std::optional<TlsFiles>& tls);

// DOCKER_HOST, DOCKER_TLS_VERIFY (any value), DOCKER_CERT_PATH (ca.pem, cert.pem, key.pem; default ~/.docker);
// with none of them unix:///var/run/docker.sock. `variable` answers empty for what is not set.
EngineEndpoint engine_endpoint_from_environment(
    const std::function<std::string(const std::string&)>& variable);

}  // namespace mosaic
