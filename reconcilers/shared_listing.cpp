#include "reconcilers/shared_listing.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {

std::uint64_t SharedListing::last_begun() const {
  const std::lock_guard lock(mutex_);
  return last_begun_;
}

SharedListing::Finding SharedListing::ask(const ResourceKey& row_key, std::uint64_t before) {
  if (const auto number = begin(before)) take(*number);
  const std::lock_guard lock(mutex_);
  // Also when it is too old to prove absence: whoever sees something looks again by itself.
  if (rows_.contains(row_key)) return Finding{Answer::something, {}};
  if (complete_ > before) return Finding{Answer::nothing, {}};
  return Finding{Answer::ask_again, until_next_locked()};
}

std::optional<std::uint64_t> SharedListing::begin(std::uint64_t before) {
  const std::lock_guard lock(mutex_);
  if (complete_ > before || under_way_) return std::nullopt;
  const bool too_soon = last_begun_ > 0 && clock_.steady_now() < begun_at_ + at_most_every;
  if (too_soon) return std::nullopt;
  under_way_ = true;
  begun_at_ = clock_.steady_now();
  return ++last_begun_;
}

void SharedListing::take(std::uint64_t number) {
  std::unordered_set<ResourceKey> rows;
  try {
    for (const auto& listed : driver_.list_agents()) rows.insert(listed.container.key);
    for (const auto& network : driver_.list_networks()) rows.insert(network.key);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    under_way_ = false;
    throw;
  }
  const std::lock_guard lock(mutex_);
  under_way_ = false;
  complete_ = number;
  rows_ = std::move(rows);
}

// Never at once, however long the present one takes.
Duration SharedListing::until_next_locked() const {
  const auto left = std::chrono::ceil<Duration>(begun_at_ + at_most_every - clock_.steady_now());
  return std::clamp(left, Duration(10), at_most_every);
}

}  // namespace mosaic
