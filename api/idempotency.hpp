// A POST that carries an Idempotency-Key runs once: whoever repeats it gets the first answer again.
//
// Stands around every POST behind a gatekeeper (GuardedRoutes). Keys belong to the caller's account, so nobody meets
// somebody else's. Stored answers are encrypted, for they may hold what is shown only once; requests are known by a
// keyed fingerprint, for they may hold passwords. Answers of 5xx and 429 are not kept: such a request may be repeated.
//
// Thread-safety: may be called from any thread. Throws StoreError.
#pragma once

#include "api/access.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"

namespace mosaic {

class Idempotency {
 public:
  Idempotency(AccountStore& accounts, const SecretBox& secrets, const Clock& clock)
      : accounts_(accounts), secrets_(secrets), clock_(clock) {}

  Response once(const Request& request, const Caller& caller, const GuardedHandler& handler);

 private:
  Response run(IdempotencyRecord record, const Request& request, const Caller& caller,
               const GuardedHandler& handler);
  Response replay(const IdempotencyRecord& record) const;

  AccountStore& accounts_;
  const SecretBox& secrets_;
  const Clock& clock_;
};

}  // namespace mosaic
