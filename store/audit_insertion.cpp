#include "store/audit_insertion.hpp"

#include "store/column_text.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_word = 100;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_detail = 1000;

}  // namespace

const Statement audit_insertion{"append_audit", R"(
INSERT INTO "AuditEntry" ("at", "actorId", "actorName", "via", "action", "target", "outcome", "detail", "remote")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))"};

std::vector<Parameter> audit_parameters(const AuditEntry& entry) {
  return {timestamp_text(entry.at),
          shown_text(entry.actor_id, longest_name),
          shown_text(entry.actor_name, longest_name),
          shown_text(entry.via, longest_word),
          shown_text(entry.action, longest_word),
          shown_text(entry.target, longest_name),
          shown_text(entry.outcome, longest_word),
          shown_text(entry.detail, longest_detail),
          shown_text(entry.remote, longest_word)};
}

}  // namespace mosaic
