// What the store answered to a write, as a client is told it.
//
// Pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "api/http_message.hpp"
#include "store/account_store.hpp"

namespace mosaic {

struct OutcomeTexts {
  std::string_view taken = "That name is in use.";
  std::string_view taken_remedy = "Use another name.";
  std::string_view refused = "A rule of this installation forbids that.";
  std::string_view refused_remedy = "Ask an admin.";
};

// Nothing when it was done.
std::optional<Response> refusal_of(WriteOutcome outcome, const OutcomeTexts& texts = {});

}  // namespace mosaic
