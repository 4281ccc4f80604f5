// How every operation of FakeStore runs: fault, lock, work, unlock, notify, fault. Private to
// fake_store*.cpp.
#pragma once

#include <type_traits>
#include <utility>

#include "test/fakes/fake_store.hpp"

namespace mosaic {

template <typename Work>
auto FakeStore::locked_then_notify(Work work) {
  std::vector<Notice> notices;
  if constexpr (std::is_void_v<decltype(work())>) {
    {
      const std::lock_guard lock(mutex_);
      work();
      notices.swap(pending_);
    }
    deliver(notices);
  } else {
    std::unique_lock lock(mutex_);
    auto result = work();
    notices.swap(pending_);
    lock.unlock();
    deliver(notices);
    return result;
  }
}

template <typename Work>
auto FakeStore::perform(std::string_view operation, Work work) {
  strike(operation, StoreMoment::before);
  if constexpr (std::is_void_v<decltype(work())>) {
    locked_then_notify(std::move(work));
    strike(operation, StoreMoment::after);
  } else {
    auto result = locked_then_notify(std::move(work));
    strike(operation, StoreMoment::after);
    return result;
  }
}

}  // namespace mosaic
