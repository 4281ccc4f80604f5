// Errors as RFC 9457 has them: a stable type that programs compare, a sentence for people, and what to do.
//
// Pure functions. `type` is a word of the fixed vocabulary below; on the wire it is "/problems/<word>" (a relative
// reference, so that it needs no domain of ours), and docs/API.md explains each. No text quotes a secret or anything
// that the asker may not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.hpp"

namespace mosaic {

namespace problem_type {
inline constexpr std::string_view invalid_request = "invalid-request";            // 400
inline constexpr std::string_view invalid_field = "invalid-field";                // 422
inline constexpr std::string_view sign_in_required = "sign-in-required";          // 401
inline constexpr std::string_view sign_in_failed = "sign-in-failed";              // 401
inline constexpr std::string_view too_many_attempts = "too-many-attempts";        // 429
inline constexpr std::string_view cross_site = "cross-site";                      // 403
inline constexpr std::string_view scope_missing = "scope-missing";                // 403
inline constexpr std::string_view not_found = "not-found";                        // 404
inline constexpr std::string_view method_not_allowed = "method-not-allowed";      // 405
inline constexpr std::string_view name_taken = "name-taken";                      // 409
inline constexpr std::string_view set_up_completed = "set-up-completed";          // 409
inline constexpr std::string_view set_up_incomplete = "set-up-incomplete";        // 409
inline constexpr std::string_view refused_by_rule = "refused-by-rule";            // 409
inline constexpr std::string_view request_running = "request-running";            // 409
inline constexpr std::string_view too_slow = "too-slow";                          // 408
inline constexpr std::string_view already_ran = "already-ran";                    // 409
inline constexpr std::string_view changed_meanwhile = "changed-meanwhile";        // 412
inline constexpr std::string_view too_large = "too-large";                        // 413
inline constexpr std::string_view wrong_content_type = "wrong-content-type";      // 415
inline constexpr std::string_view key_reused = "idempotency-key-reused";          // 422
inline constexpr std::string_view agent_not_configured = "agent-not-configured";  // 409
inline constexpr std::string_view agent_asleep = "agent-asleep";                  // 409
inline constexpr std::string_view agent_failed = "agent-failed";                  // 502
inline constexpr std::string_view provider_failed = "provider-failed";            // 502
inline constexpr std::string_view agent_waking = "agent-waking";                  // 503
inline constexpr std::string_view busy = "busy";                                  // 503
inline constexpr std::string_view database_away = "database-away";                // 503
inline constexpr std::string_view internal = "internal";                          // 500
}  // namespace problem_type

// One field of a request that cannot be taken, and why.
struct FieldProblem {
  std::string field;    // "models.0.id"
  std::string message;  // one sentence that says what would be right
};

// `detail`: what is wrong; `remedy`: what to do about it; both one sentence.
Response problem(int status, std::string_view type, std::string_view detail,
                 std::string_view remedy);
Response field_problems(const std::vector<FieldProblem>& fields);

// The one answer to everything that does not exist, is somebody else's, or is forbidden.
Response not_found_response();
// A request that cannot be read to its end; `status` is what http_guard.hpp and the server's limits say.
Response unreadable_request(int status, std::string_view detail);

}  // namespace mosaic
