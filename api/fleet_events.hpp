// GET /api/fleet/events: what moves in the fleet, told to admins as it happens.
//
// Each event "agent" is one agent as GET /api/fleet lists it ("gone" with its kind and id when it is no more); "missed"
// says that changes may have been lost and that the fleet should be read again. Hints come from the store's listener;
// one thread of our own reads the rows, each once however often it moved meanwhile.
//
// Thread-safety: every method may be called from any thread; start() and stop() once each.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "api/event_stream.hpp"
#include "api/router.hpp"
#include "api/standing_rights.hpp"
#include "model/clock.hpp"
#include "store/account_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

class FleetEvents final : public StatusListener {
 public:
  FleetEvents(AgentReader& agents, const Clock& clock, Logger log)
      : agents_(agents), clock_(clock), log_(std::move(log)) {}
  ~FleetEvents() override { stop(); }

  // Outlives the router.
  void add_routes(Router& router, StandingRights& rights);
  void start();
  void stop();

  // Until what it returns is destroyed. Nothing is replayed: a client that connects reads the fleet after it.
  std::shared_ptr<void> open(std::shared_ptr<EventChannel> channel);

  void on_status_moved(const ResourceKey& key) override;
  void on_statuses_missed() override;

 private:
  struct Event {
    std::string name;
    std::string data;
  };

  void work();
  Event describe(const ResourceKey& key);
  void send(const Event& event);

  AgentReader& agents_;
  const Clock& clock_;
  const Logger log_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::set<ResourceKey> moved_;
  bool missed_ = false;
  bool stopping_ = false;
  std::vector<std::weak_ptr<EventChannel>> channels_;
  std::thread thread_;
};

}  // namespace mosaic
