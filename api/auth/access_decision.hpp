// What a known caller may do: rule and caller in, the caller or a refusal out.
//
// Pure functions.
#pragma once

#include <optional>

#include "api/access.hpp"

namespace mosaic {

// All that a role gives: everything to admins, everything but admin to others.
Scopes scopes_of(Role role);
// What of `wished` the role allows today.
Scopes cut_to_role(Scopes wished, Role role);

// For every admission but set_up. Nothing: the caller passes.
std::optional<Response> refuse_caller(const Caller& caller, const AccessRule& rule);

Response sign_in_required();

}  // namespace mosaic
