// One entry of the audit log as a statement, for whatever has to be written down in the transaction that does it. Private
// to store/.
//
// Pure functions and a constant; safe from any thread.
#pragma once

#include <vector>

#include "model/account.hpp"
#include "store/session.hpp"

namespace mosaic {

extern const Statement audit_insertion;
// Its parameters: texts that the log can hold, none longer than it shows.
std::vector<Parameter> audit_parameters(const AuditEntry& entry);

}  // namespace mosaic
