// The head of an agent's answer: what is taken has a body that ends in one way, and means the same when written again.
#include "api/gateway/response_head.hpp"

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

std::string written_again(const ResponseHead& head, bool version_1_1) {
  std::string text =
      (version_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ") + std::to_string(head.status) + " again";
  for (const auto& field : head.fields) text += "\r\n" + field.name + ": " + field.value;
  return text + "\r\n\r\n";
}

void check_framing(const ResponseHead& head) {
  require(!head.chunked || !head.content_length, "a body ends in one way");
  require(head.status >= 100 && head.status < 600, "the status is one of HTTP's");
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  require(!bodiless || (!head.chunked && head.content_length == 0U),
          "no body where there cannot be one");
  require(!head.keep_alive || head.chunked || head.content_length,
          "a connection is used again only when the body's end is known");
}

}  // namespace

void try_input(std::string_view input) {
  const auto verdict = read_response_head(input, HeadLimits{});
  if (const auto* refusal = std::get_if<std::string>(&verdict)) {
    require(!refusal->empty(), "a refusal says why");
    return;
  }
  const auto& head = std::get<ResponseHead>(verdict);
  check_framing(head);
  HeadLimits wide;  // a blank after each colon may make it longer
  wide.bytes *= 2;
  const auto second = read_response_head(written_again(head, input.starts_with("HTTP/1.1")), wide);
  const auto* again = std::get_if<ResponseHead>(&second);
  require(again != nullptr, "what is taken is taken again");
  require(again->status == head.status && again->fields == head.fields &&
              again->chunked == head.chunked && again->content_length == head.content_length &&
              again->keep_alive == head.keep_alive,
          "written again, a head means the same");
  require(std::holds_alternative<std::string>(
              read_response_head(std::string(input) + "x", HeadLimits{})),
          "a head ends with the empty line");
}

}  // namespace mosaic::test
