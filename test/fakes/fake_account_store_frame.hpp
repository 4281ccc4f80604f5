// How every operation of FakeAccountStore runs: fault, lock, work, unlock, notify. Private to fake_account_*.cpp.
#pragma once

#include <type_traits>
#include <utility>

#include "test/fakes/fake_account_store.hpp"

namespace mosaic {

template <typename Work>
auto FakeAccountStore::perform(Work work) {
  std::set<std::string> changed;
  AccountListener* listener = nullptr;
  const auto run = [&](auto&& body) {
    const std::lock_guard lock(mutex_);
    if (failures_left_ > 0) {
      --failures_left_;
      throw StoreError("the database did not answer");
    }
    body();
    changed.swap(changed_);
    listener = listener_;
  };
  const auto tell = [&] {
    if (listener == nullptr) return;
    for (const auto& id : changed) listener->on_account_changed(id);
  };
  if constexpr (std::is_void_v<decltype(work())>) {
    run(work);
    tell();
  } else {
    std::optional<decltype(work())> result;
    run([&] { result.emplace(work()); });
    tell();
    return std::move(*result);
  }
}

}  // namespace mosaic
