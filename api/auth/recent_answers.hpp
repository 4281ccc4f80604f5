// Positive answers of the store, remembered for a few seconds: who a session or token belongs to.
//
// Thread-safe. Never a cache of refusals. An answer that was asked for before somebody said "changed" is not kept: whoever
// asks takes a ticket first, and every forgetting makes older tickets worthless. Bounded: when full of what is still
// fresh, everything is forgotten.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "model/clock.hpp"

namespace mosaic {

template <typename Answer>
class RecentAnswers {
 public:
  using Ticket = std::uint64_t;

  RecentAnswers(std::chrono::milliseconds lifetime, std::size_t most)
      : lifetime_(lifetime), most_(most) {}

  Ticket ticket() const {
    const std::lock_guard lock(mutex_);
    return forgotten_;
  }

  // Null when nothing is remembered.
  std::shared_ptr<const Answer> find(const std::string& key, SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || now - found->second.since >= lifetime_) return nullptr;
    return found->second.answer;
  }

  void keep(const std::string& key, const std::string& account_id,
            std::shared_ptr<const Answer> answer, Ticket ticket, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (ticket != forgotten_) return;
    if (entries_.size() >= most_) make_room(now);
    entries_.insert_or_assign(key, Entry{account_id, std::move(answer), now});
  }

  void forget(const std::string& account_id) {
    const std::lock_guard lock(mutex_);
    ++forgotten_;
    std::erase_if(entries_,
                  [&](const auto& entry) { return entry.second.account_id == account_id; });
  }

  void forget_all() {
    const std::lock_guard lock(mutex_);
    ++forgotten_;
    entries_.clear();
  }

 private:
  struct Entry {
    std::string account_id;
    std::shared_ptr<const Answer> answer;
    SteadyTime since;
  };

  void make_room(SteadyTime now) {
    std::erase_if(entries_,
                  [&](const auto& entry) { return now - entry.second.since >= lifetime_; });
    if (entries_.size() >= most_) entries_.clear();
  }

  const std::chrono::milliseconds lifetime_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  Ticket forgotten_ = 0;
};

}  // namespace mosaic
