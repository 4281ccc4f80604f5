// Carries out orphan plans: finds by label what no row claims and removes it, step by step.
//
// Thread-safety: reconcile() from any number of threads, never for one key twice at once.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>

#include "controller/leadership.hpp"
#include "controller/reconciler.hpp"
#include "model/clock.hpp"
#include "reconcilers/fleet_policy.hpp"
#include "reconcilers/orphan_plan.hpp"
#include "reconcilers/shared_listing.hpp"
#include "runtime/runtime_driver.hpp"
#include "store/store.hpp"

namespace mosaic {

class OrphanReconciler final : public Reconciler {
 public:
  OrphanReconciler(const Clock& clock, AgentReader& rows, StatusWriter& statuses, EventLog& events,
                   RuntimeDriver& driver, FleetPolicy& fleet, std::string instance);

  // `key.name` is the text of the row's key, "user/c1", or leftovers_name.
  Outcome reconcile(const ResourceKey& key) override;

 private:
  struct Memory {
    TimePoint first_seen{};
    std::optional<TimePoint> terminated_at;
    std::string killed;
    TimePoint killed_at{};
    std::string told;  // the last event's message, so that waiting is told once
    std::uint64_t listing_before =
        0;  // the last shared one when it was last asked for or looked at
  };
  Memory remembered(const ResourceKey& row_key);
  void remember(const ResourceKey& row_key, const Memory& memory);
  void forget(const ResourceKey& row_key);
  Outcome clean_up(const ResourceKey& row_key, Memory memory);
  OrphanInput look(const ResourceKey& row_key, const Memory& memory);
  bool is_replaced(const ResourceKey& row_key, const OrphanInput& input);
  void perform(const OrphanPlan& plan);
  void tell(const ResourceKey& row_key, const OrphanPlan& plan, Memory& memory);

  const Clock& clock_;
  AgentReader& rows_;
  StatusWriter& statuses_;
  EventLog& events_;
  RuntimeDriver& driver_;
  FleetPolicy& fleet_;
  const std::string instance_;
  SharedListing listing_;

  std::mutex mutex_;
  std::unordered_map<ResourceKey, Memory> memories_;
};

}  // namespace mosaic
