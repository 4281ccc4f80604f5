#include "api/auth/public_origin.hpp"

#include <stdexcept>

#include "http/outbound_guard.hpp"

namespace mosaic {
namespace {

bool is_this_host(std::string_view host_field) {
  const auto bracket = host_field.rfind(']');
  const auto colon = host_field.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto name = lower_case(host_field.substr(0, colon));
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

}  // namespace

PublicOrigin::PublicOrigin(const std::string& url, bool plain_http) : plain_http_(plain_http) {
  if (url.empty()) return;
  const auto parsed = parse_outbound_url(url);
  const auto* known = std::get_if<OutboundUrl>(&parsed);
  if (known == nullptr || known->target != "/") {
    throw std::invalid_argument("\"" + url +
                                "\" is no public URL; write it like https://fleet.example.com");
  }
  origin_ = known->origin();
}

bool PublicOrigin::secure(const Request& request) const {
  if (!origin_.empty()) return origin_.starts_with("https://");
  if (request.forwarded_https) return true;
  return !plain_http_ && !is_this_host(request.field("host").value_or(""));
}

std::string PublicOrigin::of(const Request& request) const {
  if (!origin_.empty()) return origin_;
  const auto host = request.field("host");
  if (!host || host->empty()) return "";
  return (secure(request) ? "https://" : "http://") + lower_case(*host);
}

}  // namespace mosaic
