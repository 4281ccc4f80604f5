// Looks at the engine ten times a second, straight and not through any proxy, for what must not be so even for a moment:
// two running containers of one row (S1), a state volume that went without a purge (S2), a foreign container that was
// touched (S6).
//
// Thread-safety: every method from the test's thread; it looks from a thread of its own. While the engine does not answer
// nothing is judged.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/wait_limit.hpp"
#include "test/e2e/engine.hpp"

namespace mosaic::faults {

class InvariantWatch {
 public:
  InvariantWatch(const std::string& engine, std::string instance);
  ~InvariantWatch();
  InvariantWatch(const InvariantWatch&) = delete;
  InvariantWatch& operator=(const InvariantWatch&) = delete;

  void guard_foreign(const std::string& container_id);  // it runs, and must go on
  void release_foreign(const std::string& container_id);
  // A purge was asked for, or volumes are judged by somebody else: from now on those of this owner may go. "": all.
  void volumes_may_go(const std::string& owner);
  // The owner has come back, and what they have from now on must stay.
  void volumes_must_stay(const std::string& owner);

  int looks() const;
  std::vector<std::string> violations() const;

 private:
  void run();
  void look();
  void look_at_containers();
  void look_at_volumes();
  void look_at_foreign();
  bool may_have_gone(const std::string& owner) const;
  void report(const std::string& violation);

  e2e::Engine engine_;
  const std::string instance_;
  Interrupt ending_;
  mutable std::mutex mutex_;
  std::set<std::string> foreign_;
  std::set<std::string> may_go_;
  std::set<std::string> volumes_;  // state volumes that were there
  int volume_looks_ = 0;           // that have begun
  int volumes_seen_in_ = 0;        // the look that saw volumes_
  std::map<std::string, int>
      stay_since_;  // the first look that began after its owner had come back
  std::vector<std::string> violations_;
  int looks_ = 0;
  std::thread thread_;
};

}  // namespace mosaic::faults
