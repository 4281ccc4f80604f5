#include "api/audit_trail.hpp"

#include <algorithm>

namespace mosaic {
namespace {

constexpr std::size_t max_detail_bytes = 300;

std::string word_for(Via via) {
  switch (via) {
    case Via::set_up:
      return "setup";
    case Via::session:
      return "session";
    case Via::token:
      return "token";
    case Via::nobody:
      break;
  }
  return "nobody";
}

// Cut between characters, not within one.
std::string shortened(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (text.size() <= max_detail_bytes) return text;
  std::size_t end = max_detail_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

void AuditTrail::note(const Request& request, const Caller& caller, std::string action,
                      std::string target, std::string detail, std::string outcome) const {
  AuditEntry entry;
  entry.at = clock_.now();
  entry.actor_id = caller.account.id;
  entry.actor_name = shortened(caller.account.name);
  entry.via = word_for(caller.via);
  entry.action = std::move(action);
  entry.target = shortened(std::move(target));
  entry.outcome = std::move(outcome);
  entry.detail = shortened(std::move(detail));
  entry.remote = request.peer_address;
  try {
    accounts_.append_audit(entry);
  } catch (const StoreError& error) {
    log_.with_correlation(request.id)
        .error("a change could not be noted in the audit log",
               {{Field::reason, entry.action}, {Field::error, error.what()}});
  }
}

}  // namespace mosaic
