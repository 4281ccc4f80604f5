// Who may use a route, and who is asking: the one place that every route declares it in and every handler learns it
// from.
//
// Plain values and one interface. A Gatekeeper may be asked from any thread at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "api/http_message.hpp"
#include "api/router.hpp"
#include "model/account.hpp"

namespace mosaic {

// Why a request is taken at all. Checked before a handler runs: credentials, expiry, revocation, scope, role, and for
// unsafe methods with a session the origin (CSRF). Whoever may not use a route of admins is told what everybody is
// told of a path that does not exist.
enum class Admission : std::uint8_t {
  anonymous,  // everybody
  set_up,  // the one-time set-up token (x-mosaic-setup-token), or an admin's session; until set-up is completed
  signed_in,  // a session, or an API token with the route's scope
  by_session,  // a session only: what a stolen token must never do (make tokens, change the password)
  admin,       // signed_in, and an admin
};

struct AccessRule {
  Admission admission = Admission::signed_in;
  Scope scope = Scope::read;  // that an API token needs
};

enum class Via : std::uint8_t { nobody, set_up, session, token };

// Whoever passed. For anonymous routes: whoever it happens to be, or nobody.
struct Caller {
  Via via = Via::nobody;
  Account account;           // empty id: nobody
  Scopes scopes;             // of a session: all that the role gives
  std::string session_hash;  // of a session
  std::string token_id;      // of an API token

  bool is_admin() const { return account.role == Role::admin && scopes.has(Scope::admin); }
};

class Gatekeeper {
 public:
  virtual ~Gatekeeper() = default;
  // The caller, or the response that turns them away. May block on the store. Throws StoreError.
  virtual std::variant<Caller, Response> admit(const Request& request, const AccessRule& rule) = 0;
  // The same from memory alone, for I/O threads: nothing when the store must be asked.
  virtual std::optional<std::variant<Caller, Response>> admit_remembered(
      const Request& request, const AccessRule& rule) = 0;
};

class Idempotency;

using GuardedHandler = std::function<Response(const Request&, const Caller&)>;

// A router's routes with a gatekeeper before each: no handler behind it runs for anybody who may not use its route.
class GuardedRoutes {
 public:
  // With `idempotency`, every POST heeds Idempotency-Key.
  GuardedRoutes(Router& router, Gatekeeper& gatekeeper, Idempotency* idempotency = nullptr)
      : router_(router), gatekeeper_(gatekeeper), idempotency_(idempotency) {}

  void add(std::string method, std::string_view pattern, AccessRule rule, GuardedHandler handler);

  Router& router() { return router_; }

 private:
  Router& router_;
  Gatekeeper& gatekeeper_;
  Idempotency* idempotency_;
};

}  // namespace mosaic
