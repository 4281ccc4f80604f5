#include "api/auth/access_decision.hpp"

#include "api/problem.hpp"

namespace mosaic {
namespace {

Response scope_missing(std::string_view detail, std::string_view remedy) {
  return problem(403, problem_type::scope_missing, detail, remedy);
}

Response token_lacks(Scope scope) {
  return scope_missing("This API token does not have the scope \"" + std::string(to_string(scope)) +
                           "\" that this needs.",
                       "Make a token with that scope, or sign in.");
}

}  // namespace

Scopes scopes_of(Role role) { return cut_to_role(Scopes::all(), role); }

Scopes cut_to_role(Scopes wished, Role role) {
  Scopes allowed;
  for (const Scope scope : {Scope::chat, Scope::read, Scope::write, Scope::admin}) {
    if (wished.has(scope) && (scope != Scope::admin || role == Role::admin)) allowed.add(scope);
  }
  return allowed;
}

Response sign_in_required() {
  auto response = problem(401, problem_type::sign_in_required,
                          "This needs somebody who is signed in, and nobody is.",
                          "Sign in, or send a valid API token as Authorization: Bearer mos_….");
  response.set_field("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<Response> refuse_caller(const Caller& caller, const AccessRule& rule) {
  if (rule.admission == Admission::anonymous) return std::nullopt;
  const bool known = caller.via == Via::session || caller.via == Via::token;
  if (!known) return sign_in_required();
  // Before anything that would tell that the path exists.
  if (rule.admission == Admission::admin && caller.account.role != Role::admin)
    return not_found_response();
  if (rule.admission == Admission::by_session && caller.via != Via::session)
    return scope_missing("This can be done with a session only, never with an API token.",
                         "Sign in, and do it there.");
  if (rule.admission == Admission::admin && !caller.scopes.has(Scope::admin))
    return token_lacks(Scope::admin);
  if (rule.admission != Admission::by_session && !caller.scopes.has(rule.scope))
    return token_lacks(rule.scope);
  return std::nullopt;
}

}  // namespace mosaic
