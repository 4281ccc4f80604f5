// The question "what changed since?" and how its answer is read; PostgresStore and PostgresListener
// share it. Private to store/.
//
// A cursor is "<xmin>/<system identifier>.<timeline>.<database>". Every row carries the transaction
// that changed it, and a transaction that was still running at the last look had a number of at
// least that look's xmin: so rows at or above it are all that can be new, whatever the order of
// commits. Another server, a failover (new timeline) or another database make the cursor worthless,
// and everything is listed anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/agent_columns.hpp"
#include "store/store.hpp"

namespace mosaic {

// $1: the cursor's xmin, see parameter(). Rows: what ('cursor', 'settings', 'relist', 'user',
// 'system'), value.
extern const char* const change_feed_sql;

class ChangeFeedAnswer {
 public:
  explicit ChangeFeedAnswer(std::string cursor) : cursor_(std::move(cursor)) {}
  // The parameter for the statement.
  std::string parameter() const;
  void add_row(std::string_view what, std::string_view value);
  ChangeBatch finish();

 private:
  std::string cursor_;
  ChangeBatch batch_;
};

}  // namespace mosaic
