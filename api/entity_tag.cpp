#include "api/entity_tag.hpp"

#include <charconv>

#include "api/problem.hpp"

namespace mosaic {

std::string entity_tag(std::int64_t generation) { return "\"" + std::to_string(generation) + "\""; }

std::variant<IfGeneration, Response> if_match(const Request& request) {
  bool present = false;
  for (const auto& field : request.fields) present = present || field.name == "if-match";
  if (!present) return IfGeneration();
  const auto tag = request.field("if-match").value_or("");
  if (tag == "*") return IfGeneration();
  const bool quoted = tag.size() > 2 && tag.front() == '"' && tag.back() == '"';
  const auto digits = quoted ? tag.substr(1, tag.size() - 2) : std::string_view();
  std::int64_t generation = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), generation);
  if (!quoted || error != std::errc() || end != digits.data() + digits.size())
    return changed_meanwhile();
  return IfGeneration(generation);
}

Response changed_meanwhile() {
  return problem(412, problem_type::changed_meanwhile,
                 "This has been changed since you read it; nothing was written.",
                 "Read it again and repeat your change with the new ETag in If-Match.");
}

}  // namespace mosaic
