#include "api/egress/egress_request.hpp"

#include <algorithm>
#include <utility>

#include "api/http_fields.hpp"
#include "secrets/base64.hpp"
#include "secrets/egress_credential.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_credential_bytes = 1024;

Rejection bad(std::string detail, int status = 400) {
  Rejection rejection;
  rejection.status = status;
  rejection.detail = std::move(detail);
  return rejection;
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool version_1_1 = true;
};

std::optional<RequestLine> split_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  RequestLine parts{line.substr(0, first), line.substr(first + 1, last - first - 1)};
  const auto version = line.substr(last + 1);
  const bool is_method = !parts.method.empty() && parts.method.size() <= 16 &&
                         std::all_of(parts.method.begin(), parts.method.end(),
                                     [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_method || (version != "HTTP/1.1" && version != "HTTP/1.0")) return std::nullopt;
  parts.version_1_1 = version == "HTTP/1.1";
  return parts;
}

// An authority with its port, and nothing else: "host:443".
std::variant<OutboundUrl, OutboundRefusal> parse_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool plain = text.find_first_of("/?") == std::string_view::npos;
  if (!plain || colon == std::string_view::npos || text.substr(colon).find(']') != text.npos)
    return OutboundRefusal{"A tunnel's target is a host and a port."};
  return parse_outbound_url("https://" + std::string(text));
}

std::optional<EgressCredential> parse_credential(const std::vector<HttpField>& fields) {
  constexpr std::string_view scheme = "basic ";
  const auto given = field_values(fields, "proxy-authorization");
  if (given.count != 1 || given.first.size() > max_credential_bytes) return std::nullopt;
  if (!equal_ignoring_case(given.first.substr(0, scheme.size()), scheme)) return std::nullopt;
  const auto bytes = base64_decode(given.first.substr(scheme.size()));
  if (!bytes) return std::nullopt;
  const std::string text(bytes->begin(), bytes->end());
  const auto colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto agent = agent_of_egress_user(std::string_view(text).substr(0, colon));
  if (!agent) return std::nullopt;
  return EgressCredential{*agent, text.substr(colon + 1)};
}

std::string forwarded(const RequestLine& line, const OutboundUrl& target,
                      const std::vector<HttpField>& fields) {
  std::string head(line.method);
  head += " " + target.target + (line.version_1_1 ? " HTTP/1.1" : " HTTP/1.0");
  head += "\r\nHost: " + target.host_field() + "\r\nConnection: close\r\n";
  for (const auto& field : fields) {
    if (!is_hop_by_hop(fields, field)) head += field.name + ": " + field.value + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace

std::variant<EgressRequest, Rejection> read_egress_request(std::string_view head,
                                                           const HeadLimits& limits) {
  if (head.size() > limits.bytes) return bad("The header is too large.", 431);
  const auto first = take_head_line(head);
  const auto line = first ? split_request_line(*first) : std::nullopt;
  if (!line) return bad("The request line is malformed.");
  std::vector<HttpField> fields;
  if (auto rejection = read_field_lines(head, limits, fields)) return std::move(*rejection);
  const auto framing = read_body_framing(fields, line->version_1_1);
  if (const auto* rejection = std::get_if<Rejection>(&framing)) return *rejection;
  const auto& body = std::get<BodyFraming>(framing);
  EgressRequest request;
  request.tunnel = line->method == "CONNECT";
  if (request.tunnel && (body.chunked || body.content_length.value_or(0) > 0))
    return bad("A tunnel's request has no body.");
  if (body.chunked) return bad("Say the body's length beforehand, or ask by CONNECT.", 411);
  auto target = request.tunnel ? parse_authority(line->target) : parse_outbound_url(line->target);
  if (const auto* refusal = std::get_if<OutboundRefusal>(&target)) return bad(refusal->reason);
  request.target = std::get<OutboundUrl>(std::move(target));
  if (!request.tunnel && request.target.https) return bad("Ask for https by CONNECT.");
  request.credential = parse_credential(fields);
  if (!request.tunnel) {
    request.forwarded_head = forwarded(*line, request.target, fields);
    request.body_bytes = body.content_length.value_or(0);
  }
  return request;
}

}  // namespace mosaic
