#include "api/write_outcome.hpp"

#include "api/entity_tag.hpp"
#include "api/problem.hpp"

namespace mosaic {

std::optional<Response> refusal_of(WriteOutcome outcome, const OutcomeTexts& texts) {
  switch (outcome) {
    case WriteOutcome::done:
      return std::nullopt;
    case WriteOutcome::not_found:
      return not_found_response();
    case WriteOutcome::taken:
      return problem(409, problem_type::name_taken, texts.taken, texts.taken_remedy);
    case WriteOutcome::stale:
      return changed_meanwhile();
    case WriteOutcome::refused:
      break;
  }
  return problem(409, problem_type::refused_by_rule, texts.refused, texts.refused_remedy);
}

}  // namespace mosaic
