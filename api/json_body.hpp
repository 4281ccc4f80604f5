// Reads a request's JSON body field by field, refuses what nobody asked for, and gathers everything that is wrong so
// that a client learns it in one answer.
//
// One reader per request, on one thread. Usage: read every field, then finish(); nothing of the request may have an
// effect when finish() answers. Every text is bounded, valid UTF-8 and free of NUL.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.hpp"
#include "api/problem.hpp"

namespace mosaic {

struct TextRule {
  std::size_t min_bytes = 1;
  std::size_t max_bytes = 256;
  bool one_line = true;  // no control characters
};

class JsonBody {
 public:
  // A body that is no JSON object of at most 32 levels, has a key twice, or another content type than application/json
  // makes every read answer nothing and finish() the reason.
  explicit JsonBody(const Request& request);
  ~JsonBody();
  JsonBody(const JsonBody&) = delete;
  JsonBody& operator=(const JsonBody&) = delete;

  // Nothing when the field is absent (a complaint only from required_…), null, or wrong (a complaint).
  std::optional<std::string> text(std::string_view field, TextRule rule = {});
  std::string required_text(std::string_view field, TextRule rule = {});
  std::optional<std::int64_t> number(std::string_view field, std::int64_t least, std::int64_t most);
  std::optional<bool> flag(std::string_view field);
  std::optional<std::vector<std::string>> texts(std::string_view field, std::size_t most,
                                                TextRule rule = {});
  // The field as JSON text, for what has a structure of its own ("models"); the caller checks it.
  std::optional<std::string> json(std::string_view field, std::size_t max_bytes = 256 * 1024);
  bool has(std::string_view field) const;
  bool is_null(std::string_view field);  // present and null; counts as read

  void complain(std::string field, std::string message);

  // The response that says all that is wrong, unknown fields included; nothing when the request can be acted upon.
  std::optional<Response> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mosaic
