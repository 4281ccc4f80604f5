// How a statement that edits or inserts one row says what became of it. Private to store/.
//
// Thread-safety: as the Session's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/account_store.hpp"
#include "store/column_reader.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {

// Of a statement that answers one row with two numbers: how many rows there are, and how many of them it changed.
inline WriteOutcome edit_outcome(const pqxx::result& result) {
  RowReader columns(result[0]);
  if (columns.number().value_or(0) == 0) return WriteOutcome::not_found;
  return columns.number().value_or(0) > 0 ? WriteOutcome::done : WriteOutcome::stale;
}

// An edit that names a generation is not repeated: after a lost answer it would find its own write and call it somebody
// else's.
inline Repeat repeat_of(const std::optional<std::int64_t>& if_generation) {
  return if_generation ? Repeat::never : Repeat::safely;
}

// Runs work(), which answers a WriteOutcome; a unique value that another row has makes it `taken`.
template <typename Work>
WriteOutcome unless_taken(Work work) {
  try {
    return work();
  } catch (const pqxx::unique_violation&) {
    return WriteOutcome::taken;
  }
}

}  // namespace mosaic
