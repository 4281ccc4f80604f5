#include "http/outbound_client.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "http/http_error.hpp"
#include "http/socket.hpp"

namespace mosaic {
namespace {

void require_plain_fields(const OutboundRequest& request) {
  const auto has_line_break = [](const std::string& text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
  };
  for (const auto& [name, value] : request.fields) {
    if (has_line_break(name) || has_line_break(value))
      throw OutboundRefused("A header field of the request has a line break in it.");
  }
}

HttpAnswer ask(const OutboundRequest& request, const IpAddress& address, const WaitLimit& limit) {
  HttpEndpoint endpoint;
  endpoint.host = request.url.host;
  endpoint.port = request.url.port;
  endpoint.connect_address = address.text();
  endpoint.host_field = request.url.host_field();
  if (request.url.https) endpoint.tls = TlsFiles{};  // the system's authorities
  HttpLimits limits;
  limits.header_bytes = std::min<std::size_t>(request.max_answer_bytes, 16 * 1024);
  limits.body_bytes = request.max_answer_bytes;
  limits.idle_connections = 0;
  HttpClient client(endpoint, limits);
  HttpRequest sent;
  sent.method = request.method;
  sent.target = request.url.target;
  sent.body = request.body;
  sent.fields = request.fields;
  return client.call(sent, limit);
}

}  // namespace

HttpAnswer GuardedOutboundClient::fetch(const OutboundRequest& request,
                                        const OutboundPolicy& policy) {
  require_plain_fields(request);
  const WaitLimit limit = WaitLimit::in(request.deadline);
  const auto addresses = resolve_addresses(request.url.host, limit);
  if (const auto refused = refuse_addresses(addresses, request.url, policy))
    throw OutboundRefused(refused->reason);
  // All of them are allowed; the next is tried only while nothing was sent.
  for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
    try {
      return ask(request, addresses[i], limit);
    } catch (const HttpError& error) {
      if (error.kind() != HttpErrorKind::cannot_connect) throw;
    }
  }
  return ask(request, addresses.back(), limit);
}

std::vector<IpAddress> addresses_of_this_host() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (const auto address = address_of(entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace mosaic
