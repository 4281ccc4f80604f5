// The production loop on a manual clock, an in-memory store and a simulated engine, without threads: for tests that drive
// it step by step.
//
// For one thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reconcilers/control_loop.hpp"
#include "secrets/token.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_health_monitor.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {

// Keeps what tests ask for and is silent about the rest.
class SilentObserver final : public ControllerObserver,
                             public InformerObserver,
                             public AgentObserver {
 public:
  void on_reconcile_begin(const ResourceKey&) override {}
  void on_reconcile_end(const ResourceKey&, ReconcileResult, std::chrono::nanoseconds,
                        std::string_view) override {}
  void on_relisted(std::chrono::nanoseconds, std::size_t, std::size_t, std::size_t) override {}
  void on_relist_failed(const std::string&) override {}
  void on_engine_reachable(bool) override {}
  void on_action(const ResourceKey&, ActionKind, Duration) override {}
  void on_action_failed(const ResourceKey&, ActionKind, const std::string&) override {}
  void on_status(const AgentRow&, const AgentStatus&, const AgentStatus&) override {}
  void on_woken(const ResourceKey&, WakeDepth depth, Duration, Duration) override {
    woken.push_back(depth);
  }
  void on_stale_observation(const ResourceKey&) override { ++stale; }
  std::vector<WakeDepth> woken;
  int stale = 0;
};

// The loop and all that it stands on. A configuration source of the engine is the test's to set.
struct LoopInMemory {
  LoopInMemory() {
    engine.set_image("mosaic/openclaw:test", ImageAvailability::present);
    store.put_setting("fleet.image", "mosaic/openclaw:test");
    EngineInfo info;
    info.memory_mb = 32'000;
    info.capabilities.pause = true;
    info.capabilities.inside = true;
    engine.set_info(info);
  }

  // A controller's process begins: everything in memory is new.
  void boot() {
    loop.reset();
    ControlLoopSettings settings;
    settings.holder = "holder-" + std::to_string(++boots);
    loop = std::make_unique<ControlLoop>(
        clock, store, engine, box,
        [this](HealthListener& listener) {
          auto monitor = std::make_unique<FakeHealthMonitor>(clock, &listener);
          monitor->set_always_ready(true);
          health = monitor.get();
          return monitor;
        },
        settings,
        ControlLoopObservers{silent, silent, silent, nullptr, {}, {}, [](const std::string&) {}});
    store.set_listener(&loop->change_listener());
    engine.watch(loop->informer());
    loop->elector().tick();
    while (!loop->leadership().term()) {
      clock.advance(std::chrono::seconds(1));
      loop->elector().tick();
    }
  }

  // A user's agent with a provider, as the API writes them.
  AgentRow put_user(const std::string& name, bool awake = true) {
    AgentRow row;
    row.key = ResourceKey(ResourceKind::user_container, name);
    row.owner = name;
    row.container_name = "mosaic-user-" + name;
    row.gateway_token = box.encrypt(generate_token());
    if (awake) row.last_active_at = clock.now();
    ProviderRow provider;
    provider.id = "p-" + name;
    provider.owner = name;
    provider.name = "local";
    provider.display_name = "Local";
    provider.type = "ollama";
    provider.base_url = "http://192.0.2.1:11434";
    provider.models_json = R"([{"id":"cogito","name":"cogito"}])";
    provider.api_type = "openai-completions";
    store.put_provider(provider);
    store.put_agent(row);
    return row;
  }

  // Everything that is due now.
  void settle() {
    for (int round = 0; round < 2000; ++round) {
      loop->informer().run_pending();
      engine.settle();
      bool worked = loop->controller().process_next();
      if (!worked) {
        engine.settle();
        worked = loop->controller().process_next();
      }
      if (!worked) return;
    }
    FAIL() << "the loop does not come to rest";
  }

  FakeClock clock;
  FakeStore store{clock};
  FakeEngine engine{clock, store.instance_id(),
                    [this](Duration latency) { clock.advance(latency); }};
  SecretBox box{"this-is-a-test-secret-key-with-32+chars"};
  SilentObserver silent;
  FakeHealthMonitor* health = nullptr;
  std::unique_ptr<ControlLoop> loop;
  int boots = 0;
};

}  // namespace mosaic::test
