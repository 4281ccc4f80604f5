#include "reconcilers/fleet_policy.hpp"

#include <algorithm>

#include "reconcilers/wakefulness.hpp"

namespace mosaic {

FleetPolicy::FleetPolicy(const Clock& clock, AgentReader& rows, RuntimeDriver& driver,
                         Admission& admission, SleepBudget& sleep,
                         std::function<void(FleetSettings&)> override_settings,
                         std::function<void(const std::string&)> report)
    : clock_(clock),
      rows_(rows),
      driver_(driver),
      admission_(admission),
      sleep_(sleep),
      override_settings_(std::move(override_settings)),
      report_(std::move(report)) {}

std::shared_ptr<const FleetPicture> FleetPolicy::picture() {
  {
    const std::lock_guard lock(mutex_);
    if (picture_) return picture_;
  }
  refresh();
  const std::lock_guard lock(mutex_);
  return picture_;
}

void FleetPolicy::refresh() {
  auto picture = std::make_shared<FleetPicture>();
  std::vector<std::string> problems;
  picture->settings = FleetSettings::parse(rows_.settings("fleet."), problems);
  for (const auto& problem : problems) report_(problem);
  if (override_settings_) override_settings_(picture->settings);
  picture->engine = driver_.info();
  picture->template_fingerprint = driver_.template_fingerprint();

  const FleetSettings& settings = picture->settings;
  const std::int64_t host_mb =
      std::max<std::int64_t>(0, picture->engine.memory_mb - settings.memory_reserve_mb);
  admission_.set_memory_budget(settings.memory_budget_mb > 0 ? settings.memory_budget_mb : host_mb);

  admission_.set_agent_limit(settings.max_running_agents);

  SleepConditions conditions;
  conditions.settings = settings.sleep;
  conditions.can_pause = picture->engine.capabilities.pause;
  conditions.can_hibernate = picture->engine.capabilities.hibernate;
  conditions.hibernate_reason = picture->engine.capabilities.hibernate_reason;
  sleep_.set_conditions(std::move(conditions));

  const std::lock_guard lock(mutex_);
  picture_ = std::move(picture);
}

Interest FleetPolicy::interest(const AgentRow& row, const ContainerView* container) {
  // One that is to run, or runs, although it should not is not settled.
  const bool process = container != nullptr && (container->state == ContainerState::running ||
                                                container->state == ContainerState::paused ||
                                                container->state == ContainerState::placing);
  const TimePoint now = clock_.now();
  const Wakefulness wake = wakefulness(row, now);
  // The one state in which nothing can be wrong, and the state of nearly all rows of a large fleet.
  const bool settled = !process && !wake.awake && !row.deletion_requested_at &&
                       row.next_gateway_token.empty() && row.move_to_node.empty() &&
                       row.status.phase == Phase::stopped &&
                       row.status.observed_generation == row.generation;
  if (!settled || !wake.wake_at) return Interest{!settled, std::nullopt};
  return Interest{false, std::max(*wake.wake_at - now, Duration(1))};
}

void FleetPolicy::on_listed(const std::vector<ListedContainer>& containers) {
  std::int64_t default_mb = 0;
  {
    const std::lock_guard lock(mutex_);
    if (picture_) default_mb = picture_->settings.limits.memory_mb;
  }
  // A listing does not tell limits; those that a reconcile has seen are kept, see
  // Admission::hold().
  std::vector<std::pair<ResourceKey, std::int64_t>> holders;
  for (const auto& [container] : containers) {
    if (container.state == ContainerState::running || container.state == ContainerState::paused) {
      holders.emplace_back(container.key,
                           container.memory_mb > 0 ? container.memory_mb : default_mb);
    }
  }
  admission_.reset_holders(holders);
}

void FleetPolicy::wait_for_image(const std::string& image, const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  waiting_for_image_[image].insert(key);
}

std::vector<ResourceKey> FleetPolicy::waiting_for_image(const std::string& image) {
  const std::lock_guard lock(mutex_);
  std::vector<ResourceKey> keys;
  const auto take = [&](const std::unordered_set<ResourceKey>& waiting) {
    keys.insert(keys.end(), waiting.begin(), waiting.end());
  };
  // Those who still wait say so again in their next reconcile.
  if (image.empty()) {
    for (const auto& [name, waiting] : waiting_for_image_) take(waiting);
    waiting_for_image_.clear();
  } else if (const auto waiting = waiting_for_image_.find(image);
             waiting != waiting_for_image_.end()) {
    take(waiting->second);
    waiting_for_image_.erase(waiting);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace mosaic
