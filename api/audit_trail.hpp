// Who changed what, noted right after the change.
//
// Safe from any thread. A change that happened is not taken back because its note could not be written: that is an
// error in the log, and the answer to the client stays true.
#pragma once

#include <string>

#include "api/access.hpp"
#include "model/clock.hpp"
#include "store/account_store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

class AuditTrail {
 public:
  AuditTrail(AccountStore& accounts, const Clock& clock, Logger log)
      : accounts_(accounts), clock_(clock), log_(std::move(log)) {}

  // `detail`: one line without any secret or content; it is cut to 300 bytes.
  void note(const Request& request, const Caller& caller, std::string action, std::string target,
            std::string detail = "", std::string outcome = "ok") const;

 private:
  AccountStore& accounts_;
  const Clock& clock_;
  const Logger log_;
};

}  // namespace mosaic
