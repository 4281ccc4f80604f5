#include "api/gateway/response_head.hpp"

#include <algorithm>
#include <utility>

#include "api/http_fields.hpp"

namespace mosaic {
namespace {

constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };

// "HTTP/1.1 200 OK"; the phrase is anything or nothing.
bool read_status_line(std::string_view line, ResponseHead& head, bool& version_1_1) {
  version_1_1 = line.starts_with("HTTP/1.1 ");
  if (!version_1_1 && !line.starts_with("HTTP/1.0 ")) return false;
  line.remove_prefix(9);
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return false;
  if (line.size() > 3 && line[3] != ' ') return false;
  head.status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  return head.status >= 100 && head.status < 600;
}

}  // namespace

std::string_view ResponseHead::field(std::string_view lower_case_name) const {
  const auto values = field_values(fields, lower_case_name);
  return values.count == 1 ? values.first : std::string_view();
}

std::variant<ResponseHead, std::string> read_response_head(std::string_view text,
                                                           const HeadLimits& limits) {
  if (text.size() > limits.bytes) return std::string("the header is too large");
  ResponseHead head;
  bool version_1_1 = true;
  auto rest = text;
  const auto status_line = take_head_line(rest);
  if (!status_line || !read_status_line(*status_line, head, version_1_1))
    return std::string("the status line is malformed");
  if (const auto rejection = read_field_lines(rest, limits, head.fields)) return rejection->detail;
  auto framing = read_body_framing(head.fields, version_1_1);
  if (const auto* rejection = std::get_if<Rejection>(&framing)) return rejection->detail;
  const auto& body = std::get<BodyFraming>(framing);
  head.chunked = body.chunked;
  head.content_length = body.content_length;
  if (head.status < 200 || head.status == 204 || head.status == 304) {
    if (body.chunked || body.content_length.value_or(0) > 0)
      return std::string("a body is announced where there cannot be one");
    head.content_length = 0;
  }
  head.keep_alive = version_1_1 && !list_has(head.fields, "connection", "close");
  if (!head.chunked && !head.content_length) head.keep_alive = false;
  return head;
}

}  // namespace mosaic
