#include "api/idempotency.hpp"

#include <algorithm>

#include "api/problem.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_key_bytes = 255;
// A process that dies while a request runs leaves its key behind; it is free again after this.
constexpr auto running_lifetime = std::chrono::minutes(5);
constexpr auto finished_lifetime = std::chrono::hours(24);

bool has_field(const Request& request, std::string_view name) {
  return std::any_of(request.fields.begin(), request.fields.end(),
                     [&](const HttpField& field) { return field.name == name; });
}

bool is_usable_key(std::string_view key) {
  return !key.empty() && key.size() <= max_key_bytes &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Whoever sets the house up has no account yet; there is only one of them.
std::string owner_of(const Caller& caller) {
  return caller.account.id.empty() ? "set-up" : caller.account.id;
}

bool is_final(const Response& response) { return response.status < 500 && response.status != 429; }

}  // namespace

Response Idempotency::once(const Request& request, const Caller& caller,
                           const GuardedHandler& handler) {
  if (caller.via == Via::nobody || !has_field(request, "idempotency-key"))
    return handler(request, caller);
  const auto key = request.field("idempotency-key").value_or("");
  if (!is_usable_key(key)) {
    return problem(400, problem_type::invalid_request,
                   "The Idempotency-Key is no text of 1 to 255 visible ASCII characters.",
                   "Send one Idempotency-Key, for example a random UUID.");
  }
  IdempotencyRecord record;
  record.account_id = owner_of(caller);
  record.key = std::string(key);
  record.fingerprint = secrets_.fingerprint(request.method + '\n' + request.path + '\n' +
                                            request.query + '\n' + request.body);
  record.expires_at = clock_.now() + running_lifetime;
  switch (accounts_.begin_idempotent(record)) {
    case IdempotencyBegin::fresh:
      return run(std::move(record), request, caller, handler);
    case IdempotencyBegin::finished:
      return replay(record);
    case IdempotencyBegin::other_request:
      return problem(422, problem_type::key_reused,
                     "This Idempotency-Key was used for another request.",
                     "Use a new key for every new request.");
    case IdempotencyBegin::running:
      break;
  }
  auto response = problem(409, problem_type::request_running,
                          "The request with this Idempotency-Key is still running.",
                          "Repeat it in a moment to get its answer.");
  response.set_field("Retry-After", "1");
  return response;
}

Response Idempotency::run(IdempotencyRecord record, const Request& request, const Caller& caller,
                          const GuardedHandler& handler) {
  try {
    auto response = handler(request, caller);
    if (!is_final(response)) {
      accounts_.abandon_idempotent(record.account_id, record.key);
      return response;
    }
    const auto* content_type = response.find_field("Content-Type");
    record.finished = true;
    record.status = response.status;
    record.content_type = content_type == nullptr ? "" : *content_type;
    record.body = secrets_.encrypt(response.body);
    record.expires_at = clock_.now() + finished_lifetime;
    accounts_.finish_idempotent(record);
    return response;
  } catch (...) {
    accounts_.abandon_idempotent(record.account_id, record.key);
    throw;
  }
}

Response Idempotency::replay(const IdempotencyRecord& record) const {
  Response response;
  response.status = record.status;
  if (!record.content_type.empty()) response.set_field("Content-Type", record.content_type);
  response.body = secrets_.decrypt(record.body);
  response.set_field("Cache-Control", "no-store");
  response.set_field("Idempotency-Replayed", "true");
  return response;
}

}  // namespace mosaic
