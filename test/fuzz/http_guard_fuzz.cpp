// The head of a request: whatever the guard takes can be read in one way only, and a reader as forgiving as Beast's
// reads it in that very way.
#include "api/http_guard.hpp"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

namespace http = boost::beast::http;

// Lines that anybody could take for a field of that name, however it is dressed up.
std::size_t lines_like(std::string_view head, std::string_view name) {
  std::size_t count = 0;
  while (!head.empty()) {
    auto line = take_line(head);
    const auto begin = std::min(line.find_first_not_of(" \t\r\v\f\0"), line.size());
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t:\r\v\f"), line.size());
    if (lower_case(line.substr(0, end)) == name) ++count;
  }
  return count;
}

std::size_t fields_called(const RequestHead& head, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(head.fields.begin(), head.fields.end(),
                    [&](const HttpField& field) { return field.name == name; }));
}

void check_framing(std::string_view input, const RequestHead& head) {
  const auto lengths = fields_called(head, "content-length");
  const auto codings = fields_called(head, "transfer-encoding");
  require(lengths + codings <= 1, "a body's length is said in one way");
  require(head.chunked == (codings == 1), "chunked means that a transfer coding says so");
  require(!head.chunked || head.version_1_1, "HTTP/1.0 has no transfer codings");
  require(fields_called(head, "host") == 1, "there is one Host");
  for (const auto* name : {"host", "content-length", "transfer-encoding"})
    require(lines_like(input, name) == fields_called(head, name),
            "no field of framing is overlooked");
}

void check_text(const RequestHead& head) {
  require(head.target.starts_with('/'), "the target is a path");
  const auto decoded = percent_decoded(head.target);
  require(decoded && decoded->find('\0') == std::string::npos, "the target has no NUL");
  for (const auto& field : head.fields) {
    require(field.name == lower_case(field.name), "names are lower case");
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
            "values are of one line");
  }
}

std::string written_again(const RequestHead& head) {
  std::string text =
      head.method + " " + head.target + (head.version_1_1 ? " HTTP/1.1" : " HTTP/1.0");
  for (const auto& field : head.fields) text += "\r\n" + field.name + ": " + field.value;
  return text + "\r\n\r\n";
}

void check_round_trip(const RequestHead& head) {
  HeadLimits wide;  // a blank after each colon may make it longer
  wide.bytes *= 2;
  const auto verdict = check_request_head(written_again(head), wide);
  const auto* again = std::get_if<RequestHead>(&verdict);
  require(again != nullptr, "what is taken is taken again");
  require(again->method == head.method && again->target == head.target &&
              again->fields == head.fields && again->content_length == head.content_length &&
              again->chunked == head.chunked && again->version_1_1 == head.version_1_1 &&
              again->keep_alive == head.keep_alive &&
              again->expects_continue == head.expects_continue,
          "written again, a head means the same");
}

void check_against_beast(std::string_view input, const RequestHead& head) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(64 * 1024);
  boost::system::error_code error;
  parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
  if (error || !parser.is_header_done()) return;  // stricter than we are is as good
  const auto& message = parser.get();
  require(std::string_view(message.method_string()) == head.method &&
              std::string_view(message.target()) == head.target,
          "Beast reads the same request line");
  require(message.chunked() == head.chunked, "Beast reads the same transfer coding");
  require(head.chunked || parser.content_length().value_or(0) == head.content_length,
          "Beast reads the same length");
}

}  // namespace

void try_input(std::string_view input) {
  const auto verdict = check_request_head(input, HeadLimits{});
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) {
    require(rejection->status == 400 || rejection->status == 417 || rejection->status == 431,
            "a refusal has a status of its own");
    require(!rejection->detail.empty(), "a refusal says why");
    return;
  }
  const auto& head = std::get<RequestHead>(verdict);
  check_framing(input, head);
  check_text(head);
  check_round_trip(head);
  check_against_beast(input, head);
  for (const auto& other : {std::string(input) + "x", std::string(input) + "\r\n",
                            std::string(input.substr(0, input.size() - 1))}) {
    require(std::holds_alternative<Rejection>(check_request_head(other, HeadLimits{})),
            "a head is everything up to the empty line, neither more nor less");
  }
}

}  // namespace mosaic::test
