#include "api/provider_proxy/provider_call.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "api/http_fields.hpp"
#include "api/provider_credential.hpp"

namespace mosaic {
namespace {

bool is_plain_segment(std::string_view segment) {
  const auto decoded = percent_decoded(segment);
  if (segment.empty() || !decoded) return false;
  return *decoded != "." && *decoded != ".." && decoded->find_first_of("/\\") == std::string::npos;
}

bool is_plain_path(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    if (!is_plain_segment(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool starts_with_any(std::string_view name, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// What is ours to say, or tells the provider of us or of the agent.
bool goes_to_provider(const std::vector<HttpField>& fields, const HttpField& field) {
  constexpr std::array<std::string_view, 9> kept{
      "accept-encoding",   "content-length", "cookie",      "expect",   "forwarded",
      "transfer-encoding", "x-forwarded-",   "x-openclaw-", "x-real-ip"};
  return !is_credential_field(field.name) && !is_hop_by_hop(fields, field) &&
         !starts_with_any(field.name, kept);
}

// What clients of providers go by; nothing else is for an agent to know.
bool comes_to_agent(const HttpField& field) {
  constexpr std::array<std::string_view, 7> passed{
      "content-type", "retry-after",          "request-id",    "x-request-id",
      "x-ratelimit-", "anthropic-ratelimit-", "x-should-retry"};
  return starts_with_any(field.name, passed);
}

}  // namespace

std::optional<OutboundUrl> provider_call_url(std::string_view base_url, std::string_view path,
                                             std::string_view query) {
  if (base_url.find('?') != std::string_view::npos || !is_plain_path(path)) return std::nullopt;
  std::string text(base_url);
  text.append("/").append(path);
  if (!query.empty()) text.append("?").append(query);
  auto url = parse_outbound_url(text);
  if (std::holds_alternative<OutboundRefusal>(url)) return std::nullopt;
  return std::get<OutboundUrl>(std::move(url));
}

bool comes_in_chunks(const Request& request) {
  return field_values(request.fields, "transfer-encoding").count > 0;
}

std::string provider_call_head(const Request& request, const ProviderGrant& grant) {
  std::string head = request.method + " " + grant.url.target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Host", grant.url.host_field());
  add("Connection", "close");
  // What is coded could not be looked through for the key.
  add("Accept-Encoding", "identity");
  if (!grant.key.empty()) {
    const auto [name, value] = provider_credential(grant.api, grant.key);
    add(name, value);
  }
  for (const auto& field : request.fields) {
    if (goes_to_provider(request.fields, field)) add(field.name, field.value);
  }
  const auto length = field_values(request.fields, "content-length");
  if (comes_in_chunks(request)) {
    add("Transfer-Encoding", "chunked");
  } else if (length.count > 0 || request.method == "POST") {
    add("Content-Length", length.count > 0 ? length.first : "0");
  }
  return head + "\r\n";
}

std::optional<Response> provider_answer_head(const ResponseHead& answer, std::string_view key) {
  // A redirect would take the agent, and what it shows, where nobody has checked.
  const bool redirects = answer.status >= 300 && answer.status < 400;
  const auto coding = field_values(answer.fields, "content-encoding");
  if (redirects || (coding.count > 0 && !equal_ignoring_case(coding.first, "identity")))
    return std::nullopt;
  Response head;
  head.status = answer.status;
  for (const auto& field : answer.fields) {
    const bool tells_key = !key.empty() && field.value.find(key) != std::string::npos;
    if (comes_to_agent(field) && !tells_key) head.fields.push_back(field);
  }
  head.set_field("Cache-Control", "no-store");
  return head;
}

}  // namespace mosaic
