// What all reconciles share about the fleet as a whole: the admin's settings, what the engine can
// do, who has memory, who sleeps how deep, who waits for which image. Also tells the informer which
// rows deserve a reconcile.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "controller/informer.hpp"
#include "model/fleet_settings.hpp"
#include "reconcilers/admission.hpp"
#include "reconcilers/sleep_budget.hpp"
#include "runtime/runtime_driver.hpp"
#include "store/store.hpp"

namespace mosaic {

// One picture of settings and engine, immutable once taken.
struct FleetPicture {
  FleetSettings settings;
  EngineInfo engine;
  std::string template_fingerprint;
  // Hibernation needs swap allowed for the container from its creation on.
  bool swap_allowed() const { return settings.sleep.hibernate && engine.capabilities.hibernate; }
};

class FleetPolicy final : public InformerPolicy {
 public:
  // `override_settings` applies what the environment fixes over what the database says. `report`
  // gets one line per refused setting.
  FleetPolicy(const Clock& clock, AgentReader& rows, RuntimeDriver& driver, Admission& admission,
              SleepBudget& sleep, std::function<void(FleetSettings&)> override_settings,
              std::function<void(const std::string&)> report);

  // The present picture; takes the first one itself. Throws EngineError or StoreError when that is
  // not possible.
  std::shared_ptr<const FleetPicture> picture();

  void wait_for_image(const std::string& image, const ResourceKey& key);

  // InformerPolicy
  void refresh() override;
  Interest interest(const AgentRow& row, const ContainerView* container) override;
  void on_listed(const std::vector<ListedContainer>& containers) override;
  std::vector<ResourceKey> waiting_for_image(const std::string& image) override;

 private:
  const Clock& clock_;
  AgentReader& rows_;
  RuntimeDriver& driver_;
  Admission& admission_;
  SleepBudget& sleep_;
  const std::function<void(FleetSettings&)> override_settings_;
  const std::function<void(const std::string&)> report_;

  mutable std::mutex mutex_;
  std::shared_ptr<const FleetPicture> picture_;
  std::unordered_map<std::string, std::unordered_set<ResourceKey>> waiting_for_image_;
};

}  // namespace mosaic
