// An audit entry as the log keeps it: texts that it can hold, none longer than it shows.
//
// A pure function; safe from any thread.
#pragma once

#include "model/account.hpp"

namespace mosaic {

AuditEntry shown_audit_entry(AuditEntry entry);

}  // namespace mosaic
