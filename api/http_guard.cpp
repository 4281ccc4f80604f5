#include "api/http_guard.hpp"

#include <algorithm>
#include <array>

namespace mosaic {
namespace {

constexpr std::size_t max_method_bytes = 16;
constexpr std::size_t max_length_digits = 15;  // far above any limit, far below overflow

bool is_token_character(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != marks.npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Rejection bad(std::string detail) {
  Rejection rejection;
  rejection.detail = std::move(detail);
  return rejection;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one line off the front; nothing when it does not end with CR LF or contains a bare CR, LF
// or NUL.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find_first_of(std::string_view("\r\n\0", 3));
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

std::optional<Rejection> check_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return bad("The target must begin with a slash.");
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (!plain) return bad("The target contains a character that must be percent-encoded.");
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

std::optional<Rejection> read_field(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t')
    return bad("A header field is continued on another line.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad("A header field has no name.");
  const auto name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), is_token_character))
    return bad("The name of a header field is malformed.");
  const auto value = trimmed(line.substr(colon + 1));
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
  if (!printable) return bad("The value of a header field contains a control character.");
  HttpField field;
  field.name = lower_case(name);
  field.value = value;
  head.fields.push_back(std::move(field));
  return std::nullopt;
}

std::vector<std::string_view> values_of(const RequestHead& head, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& field : head.fields) {
    if (field.name == name) values.push_back(field.value);
  }
  return values;
}

std::optional<Rejection> check_host(const RequestHead& head) {
  constexpr std::string_view marks = ".-_:[]%";
  const auto hosts = values_of(head, "host");
  if (hosts.size() != 1) return bad("Exactly one Host field is needed.");
  const bool valid = !hosts[0].empty() && hosts[0].size() <= 300 &&
                     std::all_of(hosts[0].begin(), hosts[0].end(), [&](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                              marks.find(c) != marks.npos;
                     });
  if (!valid) return bad("The Host field is malformed.");
  return std::nullopt;
}

std::optional<Rejection> read_framing(RequestHead& head) {
  const auto codings = values_of(head, "transfer-encoding");
  const auto lengths = values_of(head, "content-length");
  if (!codings.empty() && !lengths.empty())
    return bad("Content-Length and Transfer-Encoding exclude each other.");
  if (codings.size() > 1 || (codings.size() == 1 && lower_case(codings[0]) != "chunked")) {
    return bad("The only transfer coding understood is a single \"chunked\".");
  }
  if (codings.size() == 1 && !head.version_1_1) return bad("HTTP/1.0 knows no transfer codings.");
  head.chunked = codings.size() == 1;
  if (lengths.empty()) return std::nullopt;
  if (lengths.size() > 1) return bad("There is more than one Content-Length field.");
  const auto digits = lengths[0];
  if (digits.empty() || digits.size() > max_length_digits ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return bad("Content-Length must be a number of digits alone.");
  }
  for (const char c : digits)
    head.content_length = head.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  return std::nullopt;
}

std::optional<Rejection> read_expectation(RequestHead& head) {
  const auto expectations = values_of(head, "expect");
  if (expectations.empty()) return std::nullopt;
  if (expectations.size() > 1 || lower_case(expectations[0]) != "100-continue") {
    Rejection rejection = bad("The only expectation understood is \"100-continue\".");
    rejection.status = 417;
    return rejection;
  }
  head.expects_continue = true;
  return std::nullopt;
}

void read_connection(RequestHead& head) {
  Request view;
  for (const auto& field : head.fields) {
    if (field.name == "connection") view.fields.push_back(field);
  }
  head.keep_alive = head.version_1_1 ? !view.lists("connection", "close")
                                     : view.lists("connection", "keep-alive");
}

std::optional<Rejection> read_fields(std::string_view& rest, const HeadLimits& limits,
                                     RequestHead& head) {
  while (true) {
    const auto line = take_line(rest);
    if (!line) return bad("A line of the header does not end properly.");
    if (line->empty()) break;
    if (head.fields.size() == limits.fields) {
      Rejection rejection = bad("There are too many header fields.");
      rejection.status = 431;
      return rejection;
    }
    if (auto rejection = read_field(*line, head)) return rejection;
  }
  if (!rest.empty()) return bad("The header is malformed.");
  return std::nullopt;
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
  const auto request_line = take_line(rest);
  if (!request_line) return bad("The request line does not end properly.");
  auto rejection = read_request_line(*request_line, head);
  if (!rejection) rejection = read_fields(rest, limits, head);
  if (!rejection) rejection = check_host(head);
  if (!rejection) rejection = read_framing(head);
  if (!rejection) rejection = read_expectation(head);
  if (rejection) return std::move(*rejection);
  read_connection(head);
  return head;
}

}  // namespace mosaic
