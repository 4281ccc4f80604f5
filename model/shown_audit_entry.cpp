#include "model/shown_audit_entry.hpp"

#include "model/stored_text.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_word = 100;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_detail = 1000;

}  // namespace

AuditEntry shown_audit_entry(AuditEntry entry) {
  entry.actor_id = shown_text(entry.actor_id, longest_name);
  entry.actor_name = shown_text(entry.actor_name, longest_name);
  entry.via = shown_text(entry.via, longest_word);
  entry.action = shown_text(entry.action, longest_word);
  entry.target = shown_text(entry.target, longest_name);
  entry.outcome = shown_text(entry.outcome, longest_word);
  entry.detail = shown_text(entry.detail, longest_detail);
  entry.remote = shown_text(entry.remote, longest_word);
  return entry;
}

}  // namespace mosaic
