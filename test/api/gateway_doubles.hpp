// What the gateway's thinking parts need beside the fakes: an executor that runs when it is told to, and a person who has
// something to chat with.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "api/gateway/agent_desk.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {

// Single-threaded: whoever calls run_all() is the pool.
class ManualExecutor {
 public:
  BlockingExecutor executor() {
    return [this](std::function<void()> work) {
      if (full) return false;
      work_.push_back(std::move(work));
      return true;
    };
  }
  void run_all() {
    while (run_one()) {
    }
  }
  // False: there was nothing to run.
  bool run_one() {
    if (work_.empty()) return false;
    const auto work = std::move(work_.front());
    work_.pop_front();
    work();
    return true;
  }
  std::size_t waiting() const { return work_.size(); }

  bool full = false;

 private:
  std::deque<std::function<void()>> work_;
};

// The one provider of that person.
inline void give_provider(FakeStore& store, const std::string& owner, bool active = true) {
  ProviderRow provider;
  provider.id = "provider-" + owner;
  provider.owner = owner;
  provider.name = "local";
  provider.active = active;
  store.put_provider(provider);
}

}  // namespace mosaic
