// Keeps the lease row: takes it when it is free, renews it, and says for how long it can be
// trusted.
//
// Trust ends at (time before the last successful request + time to live - margin), by the monotone
// clock, so that a controller which was suspended or cut off from the database stops acting before
// anybody else may begin.
//
// Thread-safety: term() from any thread; tick() from one thread at a time (the elector's own, or a
// simulation's).
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "controller/leadership.hpp"
#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic {

struct LeaseSettings {
  Duration time_to_live = std::chrono::seconds(15);
  Duration renew_every = std::chrono::seconds(5);
  // while another one leads, or the database does not answer
  Duration retry_every = std::chrono::seconds(1);
  Duration margin = std::chrono::seconds(1);

  // Renewed three times in its life.
  static LeaseSettings lasting(Duration time_to_live);
};

// "host:pid:start-time:boot-id:pid-namespace" of this process. A successor on the same machine can
// tell from it that the holder is dead, and need not wait for the lease to expire.
std::string this_process_as_holder();
// True only when `holder` is certainly dead: same boot, same pid namespace, and no such process any
// more.
bool holder_is_dead(const std::string& holder);

class LeaderElector final : public Leadership {
 public:
  // Called from the elector's thread: `became_leader` after each gain, `lost` after each loss.
  struct Callbacks {
    std::function<void(Term)> became_leader;
    std::function<void()> lost;
    std::function<void(const std::string&)> database_failed;  // one line
  };

  LeaderElector(const Clock& clock, LeaseStore& store, std::string holder, LeaseSettings settings,
                Callbacks callbacks);
  ~LeaderElector() override;

  std::optional<Term> term() const override;

  void start();
  // Releases the lease, so that a successor may begin at once. Everything that acts must have
  // stopped before.
  void stop();

  // One attempt to take or renew; returns when the next one is due.
  Duration tick();

 private:
  void run();
  std::optional<Term> acquire();
  void gain(Term term, SteadyTime before_request);
  void lose();

  const Clock& clock_;
  LeaseStore& store_;
  const std::string holder_;
  const LeaseSettings settings_;
  const Callbacks callbacks_;

  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool stopping_ = false;
  std::optional<Term> term_;
  SteadyTime trusted_until_{};
  std::thread thread_;
};

}  // namespace mosaic
