#include "test/faults/invariant_watch.hpp"

#include <algorithm>
#include <utility>

namespace mosaic::faults {
namespace {

constexpr std::chrono::milliseconds between_looks{100};
constexpr std::size_t most_violations = 10;

}  // namespace

InvariantWatch::InvariantWatch(const std::string& engine, std::string instance)
    : engine_(engine), instance_(std::move(instance)), thread_([this] { run(); }) {}

InvariantWatch::~InvariantWatch() {
  ending_.raise();
  thread_.join();
}

void InvariantWatch::guard_foreign(const std::string& container_id) {
  const std::lock_guard lock(mutex_);
  foreign_.insert(container_id);
}

void InvariantWatch::release_foreign(const std::string& container_id) {
  const std::lock_guard lock(mutex_);
  foreign_.erase(container_id);
}

void InvariantWatch::volumes_may_go(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  may_go_.insert(owner);
}

void InvariantWatch::volumes_must_stay(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  may_go_.erase(owner);
  stay_since_[owner] = volume_looks_ + 1;
}

int InvariantWatch::looks() const {
  const std::lock_guard lock(mutex_);
  return looks_;
}

std::vector<std::string> InvariantWatch::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

void InvariantWatch::run() {
  while (!ending_.wait_for(between_looks)) {
    try {
      look();
    } catch (const std::exception&) {
      // The engine is away: that is what some of these tests are about.
    }
  }
}

void InvariantWatch::look() {
  look_at_containers();
  look_at_volumes();
  look_at_foreign();
  const std::lock_guard lock(mutex_);
  ++looks_;
}

void InvariantWatch::look_at_containers() {
  std::map<std::string, int> running;
  for (const auto& container : engine_.containers(instance_)) {
    if (!container.row.empty() && container.has_process() && ++running[container.row] > 1)
      report("S1: two containers of " + container.row + " run at once");
  }
}

// A purge that is asked for between two looks is no violation; neither is what an earlier purge took after the look
// that saw it, although its owner has come back meanwhile.
void InvariantWatch::look_at_volumes() {
  int this_look = 0;
  {
    const std::lock_guard lock(mutex_);
    this_look = ++volume_looks_;
  }
  const std::string prefix = "mosaic-" + instance_.substr(0, 8) + "-user-";
  const std::string suffix = "-state";
  const auto names = engine_.volumes(instance_);
  const std::lock_guard lock(mutex_);
  std::set<std::string> present;
  for (const auto& name : names) {
    if (name.starts_with(prefix) && name.ends_with(suffix))
      present.insert(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  }
  for (const auto& owner : std::exchange(volumes_, present)) {
    const bool allowed = may_have_gone(owner) || may_have_gone("");
    if (!present.contains(owner) && !allowed && violations_.size() < most_violations)
      violations_.push_back("S2: the state of " + owner + " went, and nobody asked for that");
  }
  volumes_seen_in_ = this_look;
}

bool InvariantWatch::may_have_gone(const std::string& owner) const {
  if (may_go_.contains(owner)) return true;
  const auto since = stay_since_.find(owner);
  return since != stay_since_.end() && volumes_seen_in_ < since->second;
}

void InvariantWatch::look_at_foreign() {
  std::set<std::string> guarded;
  {
    const std::lock_guard lock(mutex_);
    guarded = foreign_;
  }
  for (const auto& id : guarded) {
    const auto seen = engine_.inspect(id);
    const bool well = !seen.is_null() && seen.at("State").at("Status") == "running";
    const std::lock_guard lock(mutex_);
    if (!well && foreign_.contains(id) && violations_.size() < most_violations)
      violations_.push_back("S6: the foreign container " + id.substr(0, 12) + " was touched");
  }
}

void InvariantWatch::report(const std::string& violation) {
  const std::lock_guard lock(mutex_);
  if (violations_.size() < most_violations) violations_.push_back(violation);
}

}  // namespace mosaic::faults
