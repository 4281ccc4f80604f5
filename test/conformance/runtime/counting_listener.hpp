// Counts the hints that a driver gives.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "runtime/runtime_driver.hpp"

namespace mosaic::conformance {

class CountingListener final : public EngineListener {
 public:
  void on_agent_changed(const ResourceKey& key) override {
    const std::lock_guard lock(mutex_);
    ++agents_[key];
  }
  void on_image_changed(const std::string&) override {}
  void on_events_missed() override {
    const std::lock_guard lock(mutex_);
    ++missed_;
  }
  void on_engine_reachable(bool) override {}

  int count(const ResourceKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = agents_.find(key);
    return found == agents_.end() ? 0 : found->second;
  }
  int missed() const {
    const std::lock_guard lock(mutex_);
    return missed_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<ResourceKey, int> agents_;
  int missed_ = 0;
};

}  // namespace mosaic::conformance
