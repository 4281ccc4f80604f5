#include "store/change_feed.hpp"

#include <algorithm>

namespace mosaic {
namespace {

// More than this is not told one by one.
constexpr std::size_t most_keys = 10'000;

std::string_view life_of(std::string_view cursor) {
  const auto slash = cursor.find('/');
  return slash == std::string_view::npos ? std::string_view() : cursor.substr(slash + 1);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

// Numbers at or above the snapshot's xmax come from another server's life (a restored dump) and are
// ignored. The first branch always answers, so that there is a cursor even when nothing changed.
// The tombstone of a row that is back says nothing new.
const char* const change_feed_sql = R"(
SELECT 'cursor', pg_snapshot_xmin(pg_current_snapshot())::text || '/' ||
       (SELECT system_identifier FROM pg_control_system()) || '.' ||
       CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END || '.' ||
       (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'settings', '' FROM "mosaic_feed"
 WHERE "settingsXid" >= $1::text::xid8 AND "settingsXid" < pg_snapshot_xmax(pg_current_snapshot())
UNION ALL
SELECT 'relist', '' FROM "mosaic_feed"
 WHERE "relistXid" >= $1::text::xid8 AND "relistXid" < pg_snapshot_xmax(pg_current_snapshot())
UNION ALL
(SELECT 'user', "id" FROM "UserContainer"
  WHERE "changeXid" >= $1::text::xid8 AND "changeXid" < pg_snapshot_xmax(pg_current_snapshot()) LIMIT 10001)
UNION ALL
(SELECT 'system', "id" FROM "SystemContainer"
  WHERE "changeXid" >= $1::text::xid8 AND "changeXid" < pg_snapshot_xmax(pg_current_snapshot()) LIMIT 10001)
UNION ALL
(SELECT "kind", "id" FROM "AgentTombstone"
  WHERE "changeXid" >= $1::text::xid8 AND "changeXid" < pg_snapshot_xmax(pg_current_snapshot()) LIMIT 10001)
)";

std::string ChangeFeedAnswer::parameter() const {
  const std::string xmin = cursor_.substr(0, cursor_.find('/'));
  // Without a cursor only the new one is wanted: no transaction has the highest number.
  return all_digits(xmin) ? xmin : "9223372036854775807";
}

void ChangeFeedAnswer::add_row(std::string_view what, std::string_view value) {
  if (what == "cursor") {
    batch_.cursor = value;
  } else if (what == "settings") {
    batch_.settings_changed = true;
  } else if (what == "relist") {
    batch_.relist = true;
  } else if (const auto kind = parse_resource_kind(what)) {
    batch_.keys.emplace_back(*kind, std::string(value));
  }
}

ChangeBatch ChangeFeedAnswer::finish() {
  if (life_of(cursor_).empty() || life_of(cursor_) != life_of(batch_.cursor)) batch_.relist = true;
  std::sort(batch_.keys.begin(), batch_.keys.end());
  batch_.keys.erase(std::unique(batch_.keys.begin(), batch_.keys.end()), batch_.keys.end());
  if (batch_.keys.size() > most_keys) batch_.relist = true;
  if (batch_.relist) batch_.keys.clear();
  return std::move(batch_);
}

}  // namespace mosaic
