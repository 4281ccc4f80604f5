#include "api/http_guard.hpp"

#include <algorithm>
#include <utility>

#include "api/http_fields.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_method_bytes = 16;

constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };

Rejection bad(std::string detail) {
  Rejection rejection;
  rejection.detail = std::move(detail);
  return rejection;
}

std::optional<Rejection> check_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return bad("The target must begin with a slash.");
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (!plain) return bad("The target contains a character that must be percent-encoded.");
  if (target.find('%') == std::string_view::npos) return std::nullopt;
  if (!percent_decoded(target)) return bad("The target is not well encoded.");
  if (target.find("%00") != std::string_view::npos) return bad("The target contains a NUL.");
  return std::nullopt;
}

std::optional<Rejection> read_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("The request line is malformed.");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (method.empty() || method.size() > max_method_bytes ||
      !std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return bad("The method is malformed.");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return bad("Only HTTP/1.0 and HTTP/1.1 are spoken here.");
  if (auto rejection = check_target(target)) return rejection;
  head.version_1_1 = version == "HTTP/1.1";
  head.method = method;
  head.target = target;
  return std::nullopt;
}

std::optional<Rejection> check_host(const RequestHead& head) {
  constexpr std::string_view marks = ".-_:[]%";
  const auto hosts = field_values(head.fields, "host");
  if (hosts.count != 1) return bad("Exactly one Host field is needed.");
  const auto host = hosts.first;
  const bool valid =
      !host.empty() && host.size() <= 300 && std::all_of(host.begin(), host.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
               marks.find(c) != marks.npos;
      });
  if (!valid) return bad("The Host field is malformed.");
  return std::nullopt;
}

std::optional<Rejection> read_framing(RequestHead& head) {
  auto framing = read_body_framing(head.fields, head.version_1_1);
  if (auto* rejection = std::get_if<Rejection>(&framing)) return std::move(*rejection);
  const auto& body = std::get<BodyFraming>(framing);
  head.chunked = body.chunked;
  head.content_length = body.content_length.value_or(0);
  return std::nullopt;
}

std::optional<Rejection> read_expectation(RequestHead& head) {
  const auto expectations = field_values(head.fields, "expect");
  if (expectations.count == 0) return std::nullopt;
  if (expectations.count > 1 || !equal_ignoring_case(expectations.first, "100-continue")) {
    Rejection rejection = bad("The only expectation understood is \"100-continue\".");
    rejection.status = 417;
    return rejection;
  }
  head.expects_continue = true;
  return std::nullopt;
}

void read_connection(RequestHead& head) {
  head.keep_alive = head.version_1_1 ? !list_has(head.fields, "connection", "close")
                                     : list_has(head.fields, "connection", "keep-alive");
}

}  // namespace

std::variant<RequestHead, Rejection> check_request_head(std::string_view head_bytes,
                                                        const HeadLimits& limits) {
  if (head_bytes.size() > limits.bytes) {
    Rejection rejection = bad("The header is too large.");
    rejection.status = 431;
    return rejection;
  }
  RequestHead head;
  auto rest = head_bytes;
  const auto request_line = take_head_line(rest);
  if (!request_line) return bad("The request line does not end properly.");
  auto rejection = read_request_line(*request_line, head);
  if (!rejection) rejection = read_field_lines(rest, limits, head.fields);
  if (!rejection) rejection = check_host(head);
  if (!rejection) rejection = read_framing(head);
  if (!rejection) rejection = read_expectation(head);
  if (rejection) return std::move(*rejection);
  read_connection(head);
  return head;
}

}  // namespace mosaic
