// A bound on how many requests do one slow thing at the same time (bcrypt, asking an identity provider), and on how many
// wait for that: the rest is told to come back, and the server's other workers stay free.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

namespace mosaic {

class WorkSlots {
 public:
  class Slot {
   public:
    explicit Slot(WorkSlots& slots) : slots_(&slots) {}
    ~Slot() {
      if (slots_ != nullptr) slots_->give_back();
    }
    Slot(Slot&& other) noexcept : slots_(other.slots_) { other.slots_ = nullptr; }
    Slot& operator=(Slot&&) = delete;

   private:
    WorkSlots* slots_;
  };

  WorkSlots(std::size_t running, std::size_t waiting, std::chrono::milliseconds patience)
      : free_(running), may_wait_(waiting), patience_(patience) {}

  // Waits its turn; nothing when too many wait already, or it takes too long.
  std::optional<Slot> take() {
    std::unique_lock lock(mutex_);
    if (free_ == 0) {
      if (may_wait_ == 0) return std::nullopt;
      --may_wait_;
      const bool came = returned_.wait_for(lock, patience_, [this] { return free_ > 0; });
      ++may_wait_;
      if (!came) return std::nullopt;
    }
    --free_;
    return std::optional<Slot>(std::in_place, *this);
  }

 private:
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t free_;
  std::size_t may_wait_;
  const std::chrono::milliseconds patience_;
};

}  // namespace mosaic
