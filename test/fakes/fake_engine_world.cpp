// The part of FakeEngine that its calls and its scenario hooks share: what is there, what happens to it, and the events.
#include <algorithm>
#include <cstdio>

#include "test/fakes/fake_engine.hpp"

namespace mosaic {
namespace {

constexpr int agents_port = 18789;

bool has_process(ContainerState state) {
  return state == ContainerState::running || state == ContainerState::paused;
}

}  // namespace

const FakeEngine::World& FakeEngine::visible() const { return frozen_ ? *frozen_ : world_; }

FakeContainer& FakeEngine::container_or_throw(const std::string& id) {
  const auto found = world_.containers.find(id);
  if (found == world_.containers.end()) {
    throw EngineError(EngineErrorKind::not_found, "container " + id + " is not there");
  }
  return found->second;
}

const FakeContainer* FakeEngine::find_by_name(const World& world, const std::string& name) {
  const auto found = world.names.find(name);
  return found == world.names.end() ? nullptr : &world.containers.at(found->second);
}

const FakeContainer* FakeEngine::find_by_row(const World& world, const ResourceKey& key) const {
  const auto row = world.rows.find(key);
  if (row == world.rows.end()) return nullptr;
  const FakeContainer* found = nullptr;
  for (const std::string& id : row->second) {
    const FakeContainer& container = world.containers.at(id);
    if (found == nullptr || has_process(container.view.state)) found = &container;
  }
  return found;
}

void FakeEngine::insert(FakeContainer container) {
  const std::string id = container.view.id;
  world_.names[container.view.name] = id;
  if (container.instance == instance_) world_.rows[container.view.key].insert(id);
  world_.containers.emplace(id, std::move(container));
}

void FakeEngine::erase(const std::string& id) {
  const auto found = world_.containers.find(id);
  if (found == world_.containers.end()) return;
  world_.names.erase(found->second.view.name);
  world_.ending.erase(id);
  world_.fetching.erase(id);
  if (const auto row = world_.rows.find(found->second.view.key); row != world_.rows.end()) {
    row->second.erase(id);
    if (row->second.empty()) world_.rows.erase(row);
  }
  world_.containers.erase(found);
}

int FakeEngine::take_subnet() {
  if (free_subnets_.empty()) return next_subnet_++;
  const int lowest = *free_subnets_.begin();
  free_subnets_.erase(free_subnets_.begin());
  return lowest;
}

bool FakeEngine::is_attached(const World& world, const FakeContainer& container) const {
  const auto network = world.networks.find(container.network);
  return container.view.attached && network != world.networks.end() &&
         network->second.id == container.network_id;
}

bool FakeEngine::is_row(const FakeContainer& container, const ResourceKey& key) const {
  return container.instance == instance_ && container.view.key == key;
}

std::string FakeEngine::next_id() {
  char id[32];
  std::snprintf(id, sizeof id, "fake%08d", ++last_id_);
  return id;
}

void FakeEngine::note_touch(const FakeContainer& container) {
  if (container.instance != instance_) touched_foreign_.insert(container.view.id);
}

void FakeEngine::fetch_configuration(FakeContainer& container) {
  world_.fetching.erase(container.view.id);
  container.fetches_at.reset();
  if (configuration_source_) container.configuration = configuration_source_(container.view.key);
}

void FakeEngine::run(FakeContainer& container) {
  container.view.state = ContainerState::running;
  container.view.exit_code = 0;
  container.view.oom_killed = false;
  container.view.started_at = clock_.now();
  container.view.finished_at.reset();
  container.ends_at.reset();
  world_.ending.erase(container.view.id);
  container.reclaimed = false;
  container.reloads = 0;
  const auto delay = fetch_delays_.find(container.view.key);
  if (delay == fetch_delays_.end()) {
    fetch_configuration(container);
  } else {
    container.fetches_at = clock_.now() + delay->second;
    world_.fetching.insert(container.view.id);
  }
  const auto network = world_.networks.find(container.network);
  if (container.view.attached && network != world_.networks.end()) {
    // Subnets of eight addresses, the container on the third one of its subnet: .1 is the gateway.
    const int base = network->second.subnet * 8;
    container.view.endpoint = "10.213." + std::to_string(base / 256) + "." +
                              std::to_string(base % 256 + 2) + ":" + std::to_string(agents_port);
  }
  count_running(container.view.key);
  use_state(container, true);
  if (container.instance == instance_) emit_agent(container.view.key);
  const auto exits = exit_on_start_.find(container.view.key);
  if (exits != exit_on_start_.end()) end(container, exits->second, false);
}

void FakeEngine::begin_termination(FakeContainer& container) {
  const auto planned = term_delays_.find(container.view.key);
  const std::optional<Duration> delay =
      planned == term_delays_.end() ? Duration::zero() : planned->second;
  container.view.state = ContainerState::running;  // the stop signal resumes a paused one
  if (!delay || container.ends_at) return;
  container.ends_at = clock_.now() + *delay;
  world_.ending.insert(container.view.id);
  settle_locked();
}

void FakeEngine::end(FakeContainer& container, int exit_code, bool oom_killed) {
  use_state(container, false);
  container.view.state = ContainerState::exited;
  container.view.exit_code = exit_code;
  container.view.oom_killed = oom_killed;
  container.view.finished_at = clock_.now();
  container.view.endpoint.clear();
  container.ends_at.reset();
  world_.ending.erase(container.view.id);
  container.fetches_at.reset();
  world_.fetching.erase(container.view.id);
  container.reclaimed = false;
  if (container.instance == instance_) emit_agent(container.view.key);
}

void FakeEngine::count_running(const ResourceKey& key) {
  const auto row = world_.rows.find(key);
  if (row == world_.rows.end()) return;
  std::size_t running = 0;
  for (const std::string& id : row->second) {
    if (has_process(world_.containers.at(id).view.state)) ++running;
  }
  most_running_[key] = std::max(most_running_[key], running);
}

void FakeEngine::settle_locked() {
  const std::set<std::string> ending = world_.ending;
  for (const std::string& id : ending) {
    FakeContainer& container = world_.containers.at(id);
    if (container.ends_at && *container.ends_at <= clock_.now()) end(container, 0, false);
  }
  const std::set<std::string> fetching = world_.fetching;
  for (const std::string& id : fetching) {
    FakeContainer& container = world_.containers.at(id);
    const bool frozen = container.view.state == ContainerState::paused;
    if (!frozen && *container.fetches_at <= clock_.now()) fetch_configuration(container);
  }
  settle_pulls();
  settle_copies();
}

void FakeEngine::settle_pulls() {
  const TimePoint now = clock_.now();
  for (auto pull = world_.pulls.begin(); pull != world_.pulls.end();) {
    ImageView& view = world_.images[pull->first];
    const Duration takes = pull->second.behaviour.takes;
    const Duration elapsed = now - pull->second.began;
    if (elapsed < takes) {
      view.percent = static_cast<int>(elapsed.count() * 100 / takes.count());
      ++pull;
      continue;
    }
    const bool failed = !pull->second.behaviour.failure.empty();
    view = failed ? ImageView{ImageAvailability::failed, 0, pull->second.behaviour.failure, now}
                  : ImageView{ImageAvailability::present, 100, {}, now};
    emit(Event{Event::Type::image, {}, pull->first});
    pull = world_.pulls.erase(pull);
  }
}

void FakeEngine::emit_agent(const ResourceKey& key) { emit(Event{Event::Type::agent, key, {}}); }

void FakeEngine::emit(Event event) {
  if (listener_ == nullptr || drop_events_) return;
  if (duplicate_events_) pending_.push_back(event);
  pending_.push_back(std::move(event));
}

void FakeEngine::flush() {
  std::deque<Event> events;
  {
    const std::lock_guard lock(mutex_);
    if (event_mode_ != EventMode::immediate) return;
    events.swap(pending_);
  }
  deliver(events);
}

std::size_t FakeEngine::deliver(const std::deque<Event>& events) {
  EngineListener* listener = nullptr;
  {
    const std::lock_guard lock(mutex_);
    listener = listener_;
  }
  if (listener == nullptr) return 0;
  for (const Event& event : events) {
    switch (event.type) {
      case Event::Type::agent:
        listener->on_agent_changed(event.key);
        break;
      case Event::Type::image:
        listener->on_image_changed(event.image);
        break;
      case Event::Type::relist:
        listener->on_events_missed();
        break;
      case Event::Type::reachable:
        listener->on_engine_reachable(true);
        break;
      case Event::Type::unreachable:
        listener->on_engine_reachable(false);
        break;
    }
  }
  return events.size();
}

}  // namespace mosaic
