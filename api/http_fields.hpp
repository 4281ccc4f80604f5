// The parts of a message's head that requests and responses share, read without any forgiveness: see http_guard.hpp for
// requests and gateway/response_head.hpp for the answers of agents.
//
// Pure functions. Views point into the text that was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http_guard.hpp"

namespace mosaic {

// Takes one line off the front; nothing when it does not end with CR LF or contains a bare CR, LF
// or NUL.
std::optional<std::string_view> take_head_line(std::string_view& rest);

// Field lines up to and including the empty line, which must be the end of `rest`.
std::optional<Rejection> read_field_lines(std::string_view& rest, const HeadLimits& limits,
                                          std::vector<HttpField>& fields);

// All fields of that name: how many, and the first one's value.
struct FieldValues {
  std::size_t count = 0;
  std::string_view first;
};
FieldValues field_values(const std::vector<HttpField>& fields, std::string_view lower_case_name);

// True when one of the values of that list field equals `token`, up to its ";".
bool list_has(const std::vector<HttpField>& fields, std::string_view lower_case_name,
              std::string_view token);

// What a field says to us alone and not to whom we ask on somebody's behalf: Host, Connection, what Connection names, and
// their like. The body's framing is none of these.
bool is_hop_by_hop(const std::vector<HttpField>& fields, const HttpField& field);

// Of ASCII letters; other bytes count as they are.
bool equal_ignoring_case(std::string_view left, std::string_view right);

// How long the body says it is: in exactly one way, or not at all.
struct BodyFraming {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};
std::variant<BodyFraming, Rejection> read_body_framing(const std::vector<HttpField>& fields,
                                                       bool version_1_1);

}  // namespace mosaic
