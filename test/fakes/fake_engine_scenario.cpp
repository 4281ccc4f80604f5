// The part of FakeEngine that tests drive: faults, what containers and humans do, events, and what came of it.
#include <algorithm>
#include <utility>

#include "test/fakes/fake_engine.hpp"

namespace mosaic {

void FakeEngine::fail_next(EngineMethod method, EngineErrorKind kind, int count,
                           FaultMoment moment) {
  const std::lock_guard lock(mutex_);
  if (count > 0) faults_[method].push_back(Fault{kind, count, moment});
}

void FakeEngine::set_latency(EngineMethod method, Duration latency) {
  const std::lock_guard lock(mutex_);
  latencies_[method] = latency;
}

void FakeEngine::set_down(bool down) {
  change([&] {
    if (down_ == down) return;
    down_ = down;
    // What a driver says of itself is not lost with the engine's events.
    const bool dropping = std::exchange(drop_events_, false);
    emit(Event{down ? Event::Type::unreachable : Event::Type::reachable, {}, {}});
    if (!down) emit(Event{Event::Type::relist, {}, {}});
    drop_events_ = dropping;
  });
}

void FakeEngine::set_interceptor(Interceptor interceptor) {
  const std::lock_guard lock(mutex_);
  interceptor_ = std::move(interceptor);
}

void FakeEngine::freeze_view(bool dishonest) {
  const std::lock_guard lock(mutex_);
  settle_locked();
  frozen_ = world_;
  frozen_->taken_at = clock_.now();
  frozen_dishonest_ = dishonest;
}

void FakeEngine::thaw_view() {
  const std::lock_guard lock(mutex_);
  frozen_.reset();
}

void FakeEngine::set_image(const std::string& image, ImageAvailability availability,
                           std::string detail) {
  change([&] {
    const int percent = availability == ImageAvailability::present ? 100 : 0;
    world_.pulls.erase(image);
    world_.images[image] = ImageView{availability, percent, std::move(detail), clock_.now()};
    emit(Event{Event::Type::image, {}, image});
  });
}

void FakeEngine::set_pull(const std::string& image, PullBehaviour behaviour) {
  const std::lock_guard lock(mutex_);
  pull_behaviours_[image] = std::move(behaviour);
}

void FakeEngine::exit_container(const ResourceKey& key, int exit_code, bool oom_killed) {
  change([&] {
    FakeContainer* container = process_of(key);
    if (container != nullptr) end(*container, exit_code, oom_killed);
  });
}

void FakeEngine::human_stops(const ResourceKey& key) { exit_container(key, 0); }
void FakeEngine::human_kills(const ResourceKey& key) { exit_container(key, 137); }

void FakeEngine::human_removes(const ResourceKey& key) {
  change([&] {
    const auto row = world_.rows.find(key);
    if (row == world_.rows.end()) return;
    const std::set<std::string> ids = row->second;
    for (const std::string& id : ids) erase(id);
    emit_agent(key);
  });
}

void FakeEngine::human_removes_container(const std::string& id) {
  change([&] { erase(id); });
}

void FakeEngine::human_pauses(const ResourceKey& key) {
  change([&] {
    FakeContainer* container = process_of(key);
    if (container == nullptr) return;
    container->view.state = ContainerState::paused;
    emit_agent(key);
  });
}

void FakeEngine::human_unpauses(const ResourceKey& key) {
  change([&] {
    FakeContainer* container = process_of(key);
    if (container == nullptr) return;
    container->view.state = ContainerState::running;
    container->reclaimed = false;
    emit_agent(key);
  });
}

void FakeEngine::human_starts(const ResourceKey& key) {
  change([&] {
    for (auto& [id, container] : world_.containers) {
      const ContainerState state = container.view.state;
      if (is_row(container, key) &&
          (state == ContainerState::created || state == ContainerState::exited)) {
        run(container);
        return;
      }
    }
  });
}

void FakeEngine::leave_helper_behind() {
  const std::lock_guard lock(mutex_);
  ++leftover_helpers_;
}

int FakeEngine::leftover_helpers() const {
  const std::lock_guard lock(mutex_);
  return leftover_helpers_;
}

void FakeEngine::human_removes_network(const ResourceKey& key) {
  change([&] {
    const std::size_t removed = std::erase_if(world_.networks, [&](const auto& entry) {
      const bool goes = entry.second.instance == instance_ && entry.second.key == key;
      if (goes) free_subnets_.insert(entry.second.subnet);
      return goes;
    });
    if (removed == 0) return;
    for (auto& [id, container] : world_.containers) {
      // A live container is torn off its network first; a stopped one only refers to it by name.
      const ContainerState state = container.view.state;
      if (!is_row(container, key)) continue;
      if (state != ContainerState::running && state != ContainerState::paused) continue;
      container.view.endpoint.clear();
      container.view.attached = false;
    }
    emit_agent(key);
  });
}

void FakeEngine::human_removes_volumes(const ResourceKey& key) {
  change([&] {
    std::erase_if(world_.volumes, [&](const auto& entry) { return entry.second == key; });
    std::erase_if(world_.places, [&](const auto& entry) { return entry.second.key == key; });
  });
}

void FakeEngine::restart_engine() {
  change([&] {
    const bool dropping = std::exchange(drop_events_, true);
    for (auto& [id, container] : world_.containers) {
      const ContainerState state = container.view.state;
      if (state == ContainerState::running || state == ContainerState::paused)
        end(container, 137, false);
    }
    drop_events_ = false;
    emit(Event{Event::Type::relist, {}, {}});
    drop_events_ = dropping;
  });
}

void FakeEngine::set_exit_on_start(const ResourceKey& key, std::optional<int> exit_code) {
  const std::lock_guard lock(mutex_);
  exit_on_start_.erase(key);
  if (exit_code) exit_on_start_.emplace(key, *exit_code);
}

void FakeEngine::set_term_delay(const ResourceKey& key, std::optional<Duration> delay) {
  const std::lock_guard lock(mutex_);
  term_delays_[key] = delay;
}

void FakeEngine::set_configuration_source(std::function<std::string(const ResourceKey&)> source) {
  const std::lock_guard lock(mutex_);
  configuration_source_ = std::move(source);
}

void FakeEngine::set_fetch_delay(const ResourceKey& key, Duration delay) {
  const std::lock_guard lock(mutex_);
  fetch_delays_[key] = delay;
}

void FakeEngine::set_schedule(const ResourceKey& key, ScheduleView schedule) {
  const std::lock_guard lock(mutex_);
  schedules_[key] = std::move(schedule);
}

void FakeEngine::set_memory_use(const ResourceKey& key, MemoryUse use) {
  const std::lock_guard lock(mutex_);
  memory_[key] = use;
}

std::string FakeEngine::add_container(const std::string& name, const std::string& instance,
                                      const ResourceKey& key, ContainerState state) {
  const std::lock_guard lock(mutex_);
  FakeContainer container;
  container.view.id = next_id();
  container.view.name = name;
  container.view.state = state;
  container.view.key = key;
  if (state == ContainerState::running || state == ContainerState::paused)
    container.view.started_at = clock_.now();
  container.instance = instance;
  const std::string id = container.view.id;
  insert(std::move(container));
  return id;
}

void FakeEngine::add_network(const std::string& name, const std::string& instance,
                             const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  world_.networks.emplace(name, Network{key, instance, take_subnet(), ++last_network_id_});
}

void FakeEngine::set_subnet_capacity(std::size_t networks) {
  const std::lock_guard lock(mutex_);
  subnet_capacity_ = networks;
}

void FakeEngine::set_info(EngineInfo info) {
  const std::lock_guard lock(mutex_);
  info_ = std::move(info);
}

void FakeEngine::set_template_fingerprint(std::string fingerprint) {
  const std::lock_guard lock(mutex_);
  fingerprint_ = std::move(fingerprint);
}

void FakeEngine::set_event_mode(EventMode mode) {
  const std::lock_guard lock(mutex_);
  event_mode_ = mode;
}

void FakeEngine::drop_events(bool drop) {
  const std::lock_guard lock(mutex_);
  drop_events_ = drop;
}

void FakeEngine::duplicate_events(bool duplicate) {
  const std::lock_guard lock(mutex_);
  duplicate_events_ = duplicate;
}

std::size_t FakeEngine::deliver_events() {
  std::deque<Event> events;
  {
    const std::lock_guard lock(mutex_);
    settle_locked();
    events.swap(pending_);
  }
  return deliver(events);
}

std::size_t FakeEngine::deliver_events_reversed() {
  std::deque<Event> events;
  {
    const std::lock_guard lock(mutex_);
    settle_locked();
    events.swap(pending_);
  }
  std::reverse(events.begin(), events.end());
  return deliver(events);
}

void FakeEngine::signal_relist() {
  change([&] { emit(Event{Event::Type::relist, {}, {}}); });
}

void FakeEngine::settle() {
  change([] {});
}

std::optional<TimePoint> FakeEngine::next_due() const {
  const std::lock_guard lock(mutex_);
  std::optional<TimePoint> due;
  const auto consider = [&due](TimePoint at) { due = due ? std::min(*due, at) : at; };
  for (const std::string& id : world_.ending) consider(*world_.containers.at(id).ends_at);
  for (const std::string& id : world_.fetching) {
    const FakeContainer& container = world_.containers.at(id);
    if (container.view.state == ContainerState::running) consider(*container.fetches_at);
  }
  for (const auto& [name, pull] : world_.pulls) consider(pull.began + pull.behaviour.takes);
  for (const auto& [name, place] : world_.places) {
    if (!place.moving_to.empty() && !place.copy_told) consider(place.copied_at);
  }
  return due;
}

std::vector<EngineCall> FakeEngine::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t FakeEngine::call_count(EngineMethod method) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [&](const EngineCall& call) { return call.method == method; }));
}

std::size_t FakeEngine::mutation_count() const {
  const std::lock_guard lock(mutex_);
  return mutations_;
}

void FakeEngine::forget_calls() {
  const std::lock_guard lock(mutex_);
  forgotten_calls_ += calls_.size();
  calls_.clear();
  mutations_ = 0;
}

std::vector<FakeContainer> FakeEngine::containers() const {
  const std::lock_guard lock(mutex_);
  std::vector<FakeContainer> all;
  for (const auto& [id, container] : world_.containers) all.push_back(container);
  return all;
}

std::vector<FakeContainer> FakeEngine::containers_of(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  std::vector<FakeContainer> own;
  const auto row = world_.rows.find(key);
  if (row == world_.rows.end()) return own;
  for (const std::string& id : row->second) own.push_back(world_.containers.at(id));
  return own;
}

std::optional<FakeContainer> FakeEngine::find_container(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = world_.containers.find(id);
  if (found == world_.containers.end()) return std::nullopt;
  return found->second;
}

std::set<std::string> FakeEngine::network_names() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& [name, network] : world_.networks) names.insert(name);
  return names;
}

bool FakeEngine::has_network(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(world_.networks.begin(), world_.networks.end(),
                     [&](const auto& entry) { return entry.second.key == key; });
}

bool FakeEngine::has_volumes(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(world_.volumes.begin(), world_.volumes.end(),
                     [&](const auto& entry) { return entry.second == key; });
}

std::size_t FakeEngine::most_running_at_once(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = most_running_.find(key);
  return found == most_running_.end() ? 0 : found->second;
}

std::set<std::string> FakeEngine::touched_foreign() const {
  const std::lock_guard lock(mutex_);
  return touched_foreign_;
}

FakeContainer* FakeEngine::process_of(const ResourceKey& key) {
  const FakeContainer* own = find_by_row(world_, key);
  if (own == nullptr) return nullptr;
  FakeContainer& container = world_.containers.at(own->view.id);
  const bool alive = container.view.state == ContainerState::running ||
                     container.view.state == ContainerState::paused;
  return alive ? &container : nullptr;
}

template <typename Change>
void FakeEngine::change(Change&& apply) {
  {
    const std::lock_guard lock(mutex_);
    settle_locked();
    apply();
  }
  flush();
}

}  // namespace mosaic
