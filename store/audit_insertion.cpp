#include "store/audit_insertion.hpp"

#include <utility>

#include "model/shown_audit_entry.hpp"
#include "store/column_text.hpp"

namespace mosaic {

const Statement audit_insertion{"append_audit", R"(
INSERT INTO "AuditEntry" ("at", "actorId", "actorName", "via", "action", "target", "outcome", "detail", "remote")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))"};

std::vector<Parameter> audit_parameters(const AuditEntry& entry) {
  AuditEntry shown = shown_audit_entry(entry);
  return {timestamp_text(shown.at), std::move(shown.actor_id), std::move(shown.actor_name),
          std::move(shown.via),     std::move(shown.action),   std::move(shown.target),
          std::move(shown.outcome), std::move(shown.detail),   std::move(shown.remote)};
}

}  // namespace mosaic
