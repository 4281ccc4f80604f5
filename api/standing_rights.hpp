// The rights of all who were admitted to something that goes on, an event stream or a chat turn. Each is looked at again
// every minute, and at once when its account changed (standing_right.hpp is one of them, on its I/O thread).
//
// Thread-safety: every method may be called from any thread. To be told of a changed account after the gatekeeper has
// forgotten it, because a look asks what the gatekeeper remembers. Looks run on the executor, which has ended before this
// goes; those that it refuses, or that nobody could answer, are repeated soon.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/access.hpp"
#include "api/worker_pool.hpp"
#include "model/clock.hpp"
#include "store/account_store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct StandingRightLimits {
  Duration interval = std::chrono::minutes(1);
  Duration retry = std::chrono::seconds(1);  // after a look that nobody could answer
};

class StandingRights final : public AccountListener {
 public:
  using Ticket = std::uint64_t;

  class Holder {
   public:
    virtual ~Holder() = default;
    // With a lock held: only to have it looked at later.
    virtual void look_again() = 0;
  };
  struct Standing {
    Holder* holder = nullptr;
    SteadyTime next_look{};
  };
  using Place = std::multimap<std::string, Standing>::iterator;

  // What a look has found.
  struct Answer {
    bool known = false;               // the store could say
    std::optional<Response> refusal;  // what the caller would be told now; nothing: admitted
  };

  StandingRights(Gatekeeper& gatekeeper, const Clock& clock, BlockingExecutor executor, Logger log,
                 StandingRightLimits limits = {});

  // To be taken before a caller is admitted: a change since then may have been missed by whoever stands from now on.
  Ticket ticket() const { return changes_; }

  // Every second or so (Ticker): has those looked at whose minute is over.
  void tick();

  void on_account_changed(const std::string& account_id) override;
  void on_accounts_missed() override;

  // Of holders. `holder` is there until its place is given back.
  Place add(const std::string& account_id, Holder& holder);
  void remove(Place place);
  void look_soon(Place place);
  // False: it was not taken.
  bool submit(std::function<void()> look) { return executor_(std::move(look)); }
  // Blocks.
  Answer look(const Request& request, const AccessRule& rule);

  Gatekeeper& gatekeeper() { return gatekeeper_; }

 private:
  Gatekeeper& gatekeeper_;
  const Clock& clock_;
  const BlockingExecutor executor_;
  const Logger log_;
  const StandingRightLimits limits_;
  std::atomic<Ticket> changes_ = 0;
  std::atomic<bool> store_away_ = false;  // said once, not for each of thousands
  std::mutex mutex_;
  std::multimap<std::string, Standing> standing_;  // by account
};

}  // namespace mosaic
