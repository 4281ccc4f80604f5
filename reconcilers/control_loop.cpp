#include "reconcilers/control_loop.hpp"

#include <utility>

namespace mosaic {

ControlLoop::ControlLoop(const Clock& clock, Store& store, RuntimeDriver& driver,
                         const SecretBox& box, const HealthMonitorFactory& make_health_monitor,
                         ControlLoopSettings settings, ControlLoopObservers observers)
    : settings_(std::move(settings)),
      queue_(clock, settings_.queue, observers.queue),
      elector_(clock, store, settings_.holder, settings_.lease,
               LeaderElector::Callbacks{[this, told = observers.became_leader](Term term) {
                                          // A standby's knowledge proves nothing: list everything first.
                                          informer_.request_resync();
                                          if (told) told(term);
                                        },
                                        observers.lost_leadership, observers.report}),
      driver_(driver, elector_),
      instance_(store.instance_id()),
      fingerprints_(box, instance_),
      admission_(settings_.start_concurrency),
      policy_(clock, store, driver_, admission_, sleep_, settings_.override_settings,
              observers.report),
      informer_(clock, store, driver_, elector_, queue_, policy_, observers.informer,
                settings_.informer),
      health_(make_health_monitor(informer_)),
      agents_(AgentReconciler::Dependencies{clock, store, store, store, driver_, *health_, elector_,
                                            queue_, policy_, admission_, sleep_, fingerprints_,
                                            observers.agents, instance_}),
      orphans_(clock, store, store, store, driver_, policy_, instance_),
      controller_(clock, queue_, elector_,
                  {{ResourceKind::user_container, &agents_},
                   {ResourceKind::system_container, &agents_},
                   {ResourceKind::orphan, &orphans_}},
                  observers.controller) {}

ControlLoop::~ControlLoop() { stop(); }

void ControlLoop::start() {
  started_ = true;
  driver_.watch(informer_);
  controller_.start(settings_.workers);
  informer_.start();
  elector_.start();
}

void ControlLoop::stop() {
  if (!std::exchange(started_, false)) return;
  driver_.stop_watching();
  informer_.stop();
  controller_.stop(settings_.drain_limit);
  elector_.stop();
}

}  // namespace mosaic
