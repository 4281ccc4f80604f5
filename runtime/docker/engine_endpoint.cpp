#include "runtime/docker/engine_endpoint.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace mosaic {
namespace {

constexpr std::string_view default_url = "unix:///var/run/docker.sock";

[[noreturn]] void refuse(const std::string& url, const std::string& why) {
  throw std::invalid_argument("the engine's address \"" + url + "\" " + why +
                              ": use unix:///path/to/docker.sock or tcp://host:port");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::uint16_t parse_port(std::string_view text, const std::string& url) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    refuse(url, "has no valid port");
  return port;
}

// "host", "host:port", "[v6]" or "[v6]:port".
void parse_authority(std::string_view text, const std::string& url, HttpEndpoint& endpoint) {
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find_first_of("/@?# ") != std::string_view::npos)
    refuse(url, "has more than a host and a port");
  std::string_view port;
  if (take_prefix(text, "[")) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) refuse(url, "has a bracket that is not closed");
    endpoint.host = text.substr(0, bracket);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && !take_prefix(text, ":")) refuse(url, "has no valid port");
    port = text;
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty()) refuse(url, "has no valid port");
  }
  if (endpoint.host.empty()) refuse(url, "names no host");
  if (!port.empty()) endpoint.port = parse_port(port, url);
  if (port.empty()) endpoint.port = endpoint.tls ? 2376 : 2375;
}

}  // namespace

EngineEndpoint parse_engine_url(const std::string& url, const std::optional<TlsFiles>& tls) {
  EngineEndpoint endpoint;
  endpoint.url = url;
  std::string_view rest = url;
  if (take_prefix(rest, "unix://")) {
    if (!rest.starts_with('/')) refuse(url, "is not an absolute path");
    endpoint.http.socket_path = rest;
    return endpoint;
  }
  const bool must_be_tls = rest.starts_with("https://");
  if (!must_be_tls && !rest.starts_with("tcp://") && !rest.starts_with("http://")) {
    refuse(url, "is of no kind that is known here");
  }
  rest.remove_prefix(rest.find("://") + 3);
  endpoint.http.tls = tls;
  if (must_be_tls && !tls)
    refuse(url, "needs TLS files (DOCKER_CERT_PATH with ca.pem, cert.pem and key.pem)");
  parse_authority(rest, url, endpoint.http);
  return endpoint;
}

EngineEndpoint engine_endpoint_from_environment(
    const std::function<std::string(const std::string&)>& variable) {
  std::string url = variable("DOCKER_HOST");
  if (url.empty()) url = default_url;
  std::optional<TlsFiles> tls;
  if (!variable("DOCKER_TLS_VERIFY").empty()) {
    std::string folder = variable("DOCKER_CERT_PATH");
    if (folder.empty()) folder = variable("HOME") + "/.docker";
    tls = TlsFiles{folder + "/ca.pem", folder + "/cert.pem", folder + "/key.pem"};
  }
  return parse_engine_url(url, tls);
}

}  // namespace mosaic
