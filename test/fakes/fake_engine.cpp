#include "test/fakes/fake_engine.hpp"

#include <array>
#include <type_traits>

namespace mosaic {
namespace {

bool has_process(ContainerState state) {
  return state == ContainerState::running || state == ContainerState::paused;
}

ContainerView as_listed(const ContainerView& view) {
  ContainerView listed;
  listed.id = view.id;
  listed.name = view.name;
  listed.state = view.state;
  listed.spec_hash = view.spec_hash;
  listed.key = view.key;
  listed.endpoint = view.endpoint;
  listed.attached = view.attached;
  return listed;
}

}  // namespace

std::string_view to_string(EngineMethod method) {
  static constexpr std::array<std::string_view, 24> words{"info",
                                                          "list_agents",
                                                          "list_networks",
                                                          "observe",
                                                          "ensure_volumes",
                                                          "ensure_network",
                                                          "create_container",
                                                          "start",
                                                          "terminate",
                                                          "kill",
                                                          "pause",
                                                          "unpause",
                                                          "reclaim",
                                                          "remove_container",
                                                          "remove_network",
                                                          "remove_volumes",
                                                          "begin_pull",
                                                          "image",
                                                          "memory_use",
                                                          "reload_configuration",
                                                          "read_schedule",
                                                          "remove_leftovers",
                                                          "look_at_move",
                                                          "advance_move"};
  return words.at(static_cast<std::size_t>(method));
}

bool changes_engine(EngineMethod method) {
  switch (method) {
    case EngineMethod::info:
    case EngineMethod::list_agents:
    case EngineMethod::list_networks:
    case EngineMethod::observe:
    case EngineMethod::image:
    case EngineMethod::memory_use:
    case EngineMethod::read_schedule:
    case EngineMethod::look_at_move:
    case EngineMethod::remove_leftovers:  // a look, unless something was left
      return false;
    default:
      return true;
  }
}

FakeEngine::FakeEngine(const Clock& clock, std::string instance,
                       std::function<void(Duration)> pass_time)
    : clock_(clock), instance_(std::move(instance)), pass_time_(std::move(pass_time)) {
  info_.name = "Fake engine";
  info_.api_version = "1.41";
  info_.memory_mb = 64 * 1024;
  info_.cpus = 2;
  info_.data_root = "/nowhere";
  info_.capabilities.pause = true;
  info_.capabilities.inside = true;
  info_.capabilities.hibernate = true;
  info_.capabilities.isolation = true;
}

// The frame of every call: record, take the time, fail as planned, do it, tell the listener, lose the answer.
template <typename Effect>
auto FakeEngine::call(EngineMethod method, const std::string& target, Effect&& effect) {
  using Answer = std::invoke_result_t<Effect>;
  const std::size_t number = begin_call(method, target);
  try {
    check_planned_faults(method, target, FaultMoment::before_effect);
    if constexpr (std::is_void_v<Answer>) {
      {
        const std::lock_guard lock(mutex_);
        settle_locked();
        effect();
      }
      flush();
      check_planned_faults(method, target, FaultMoment::after_effect);
    } else {
      std::optional<Answer> answer;
      {
        const std::lock_guard lock(mutex_);
        settle_locked();
        answer.emplace(effect());
      }
      flush();
      check_planned_faults(method, target, FaultMoment::after_effect);
      return std::move(*answer);
    }
  } catch (...) {
    mark_failed(number);
    flush();
    throw;
  }
}

std::size_t FakeEngine::begin_call(EngineMethod method, const std::string& target) {
  Duration latency{};
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = forgotten_calls_ + calls_.size();
    calls_.push_back(EngineCall{method, target, clock_.now(), false});
    if (changes_engine(method)) ++mutations_;
    if (const auto found = latencies_.find(method); found != latencies_.end())
      latency = found->second;
  }
  if (pass_time_ && latency > Duration::zero()) pass_time_(latency);
  return number;
}

void FakeEngine::mark_failed(std::size_t number) {
  const std::lock_guard lock(mutex_);
  if (number >= forgotten_calls_ && number - forgotten_calls_ < calls_.size()) {
    calls_[number - forgotten_calls_].failed = true;
  }
}

void FakeEngine::check_planned_faults(EngineMethod method, const std::string& target,
                                      FaultMoment moment) {
  Interceptor interceptor;
  {
    const std::lock_guard lock(mutex_);
    interceptor = interceptor_;
  }
  if (interceptor) interceptor(method, target, moment);
  const std::lock_guard lock(mutex_);
  if (down_) throw EngineError(EngineErrorKind::unavailable, "the fake engine is down");
  auto& faults = faults_[method];
  if (faults.empty() || faults.front().moment != moment) return;
  const EngineErrorKind kind = faults.front().kind;
  if (--faults.front().count == 0) faults.pop_front();
  throw EngineError(kind, "planned failure of " + std::string(to_string(method)));
}

EngineInfo FakeEngine::info() {
  return call(EngineMethod::info, {}, [&] { return info_; });
}

std::string FakeEngine::template_fingerprint() const {
  const std::lock_guard lock(mutex_);
  return fingerprint_;
}

std::vector<ListedContainer> FakeEngine::list_agents() {
  return call(EngineMethod::list_agents, {}, [&] {
    std::vector<ListedContainer> listed;
    for (const auto& [id, container] : visible().containers) {
      if (container.instance == instance_)
        listed.push_back(ListedContainer{as_listed(container.view)});
    }
    return listed;
  });
}

std::vector<ListedNetwork> FakeEngine::list_networks() {
  return call(EngineMethod::list_networks, {}, [&] {
    std::vector<ListedNetwork> listed;
    for (const auto& [name, network] : visible().networks) {
      if (network.instance == instance_) listed.push_back(ListedNetwork{network.key, name});
    }
    return listed;
  });
}

ObservedAgent FakeEngine::observe(const AgentIdentity& identity, const std::string& image) {
  const TimePoint sent = clock_.now();
  return call(EngineMethod::observe, to_string(identity.key), [&] {
    const World& world = visible();
    ObservedAgent observed;
    observed.as_of = frozen_ && !frozen_dishonest_ ? frozen_->taken_at : sent;
    const FakeContainer* holder = find_by_name(world, identity.container_name);
    if (holder != nullptr && is_row(*holder, identity.key)) {
      observed.container = holder->view;
    } else {
      if (holder != nullptr) {
        observed.name_holder = holder->view.id;
        if (holder->instance == instance_) observed.held_by_row = holder->view.key;
      }
      if (const FakeContainer* own = find_by_row(world, identity.key))
        observed.container = own->view;
    }
    if (observed.container && has_process(observed.container->state)) return observed;
    if (observed.container) {
      observed.container->attached =
          is_attached(world, world.containers.at(observed.container->id));
    }
    const auto network = world.networks.find(network_name(identity));
    observed.network_exists = network != world.networks.end() &&
                              network->second.instance == instance_ &&
                              network->second.key == identity.key;
    const auto volumes = world.volumes.count(state_volume_name(identity)) +
                         world.volumes.count(workspace_volume_name(identity));
    observed.volumes = static_cast<VolumePresence>(volumes);
    const auto place = world.places.find(state_volume_name(identity));
    observed.copy_under_way = place != world.places.end() && !place->second.moving_to.empty();
    const auto found = world.images.find(image);
    observed.image = found == world.images.end() ? ImageView{} : found->second;
    return observed;
  });
}

void FakeEngine::ensure_volumes(const AgentIdentity& identity) {
  call(EngineMethod::ensure_volumes, to_string(identity.key), [&] {
    world_.volumes.try_emplace(state_volume_name(identity), identity.key);
    world_.volumes.try_emplace(workspace_volume_name(identity), identity.key);
    place(identity);
  });
}

void FakeEngine::ensure_network(const AgentIdentity& identity) {
  call(EngineMethod::ensure_network, to_string(identity.key), [&] {
    const std::string name = network_name(identity);
    if (const auto existing = world_.networks.find(name); existing != world_.networks.end()) {
      if (existing->second.instance != instance_)
        throw EngineError(EngineErrorKind::conflict, "the network " + name + " is not ours");
      if (existing->second.key == identity.key) return;
      // An earlier row's of the same owner: its label cannot be changed.
      remove_network_locked(existing);
    }
    if (world_.networks.size() >= subnet_capacity_) {
      throw EngineError(EngineErrorKind::subnets_exhausted,
                        "no free subnet is left in the configured range");
    }
    const int subnet = take_subnet();
    world_.networks.emplace(name, Network{identity.key, instance_, subnet, ++last_network_id_});
  });
}

ContainerView FakeEngine::create_container(const AgentSpec& spec) {
  return call(EngineMethod::create_container, to_string(spec.identity.key), [&] {
    if (find_by_name(world_, spec.identity.container_name) != nullptr) {
      throw EngineError(EngineErrorKind::conflict,
                        "the name " + spec.identity.container_name + " is taken");
    }
    const auto image = world_.images.find(spec.image);
    if (image == world_.images.end() || image->second.availability != ImageAvailability::present) {
      throw EngineError(EngineErrorKind::image_missing,
                        "image " + spec.image + " is not on this engine");
    }
    const auto place_of = world_.places.find(state_volume_name(spec.identity));
    if (place_of != world_.places.end() && !place_of->second.moving_to.empty())
      throw EngineError(EngineErrorKind::conflict, "its volumes are being copied to another node");
    // Like the engine: volumes that are missing come into being with the container.
    world_.volumes.try_emplace(state_volume_name(spec.identity), spec.identity.key);
    world_.volumes.try_emplace(workspace_volume_name(spec.identity), spec.identity.key);
    place(spec.identity);
    FakeContainer container;
    if (!nodes_.empty()) container.node = world_.places.at(state_volume_name(spec.identity)).node;
    container.view.id = next_id();
    container.view.name = spec.identity.container_name;
    container.view.spec_hash = spec.spec_hash;
    container.view.key = spec.identity.key;
    container.view.memory_mb = spec.limits.memory_mb;
    container.instance = instance_;
    container.network = network_name(spec.identity);
    const auto network = world_.networks.find(container.network);
    if (network == world_.networks.end()) {
      throw EngineError(EngineErrorKind::not_found,
                        "network " + container.network + " is not there");
    }
    container.network_id = network->second.id;
    container.image = spec.image;
    container.spec = spec;
    emit_agent(spec.identity.key);
    ContainerView created = container.view;
    insert(std::move(container));
    return created;
  });
}

void FakeEngine::start(const std::string& container_id) {
  call(EngineMethod::start, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (container.view.state == ContainerState::running) return;
    if (container.view.state == ContainerState::paused) {
      throw EngineError(EngineErrorKind::conflict,
                        "a paused container cannot be started, only unpaused");
    }
    // Like the engine: a network of the same name that was made anew is another one.
    if (!container.network.empty() && container.view.attached && !is_attached(world_, container)) {
      throw EngineError(EngineErrorKind::not_found,
                        "network " + container.network + " is not there");
    }
    run(container);
  });
}

void FakeEngine::terminate(const std::string& container_id) {
  call(EngineMethod::terminate, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (!has_process(container.view.state)) return;
    begin_termination(container);
  });
}

void FakeEngine::kill(const std::string& container_id) {
  call(EngineMethod::kill, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (has_process(container.view.state)) end(container, 137, false);
  });
}

void FakeEngine::pause(const std::string& container_id) {
  call(EngineMethod::pause, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (container.view.state == ContainerState::paused) return;
    if (container.view.state != ContainerState::running) {
      throw EngineError(EngineErrorKind::conflict, "only a running container can be paused");
    }
    container.view.state = ContainerState::paused;
    emit_agent(container.view.key);
  });
}

void FakeEngine::unpause(const std::string& container_id) {
  call(EngineMethod::unpause, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (container.view.state == ContainerState::running) return;
    if (container.view.state != ContainerState::paused) {
      throw EngineError(EngineErrorKind::conflict, "only a paused container can be unpaused");
    }
    container.view.state = ContainerState::running;
    container.reclaimed = false;
    count_running(container.view.key);
    emit_agent(container.view.key);
  });
}

void FakeEngine::reclaim(const std::string& container_id) {
  call(EngineMethod::reclaim, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (!info_.capabilities.hibernate)
      throw EngineError(EngineErrorKind::refused, "this host cannot hibernate");
    if (container.view.state != ContainerState::paused) {
      throw EngineError(EngineErrorKind::conflict,
                        "only a paused container's memory can be reclaimed");
    }
    container.reclaimed = true;
  });
}

void FakeEngine::reload_configuration(const std::string& container_id) {
  call(EngineMethod::reload_configuration, container_id, [&] {
    FakeContainer& container = container_or_throw(container_id);
    note_touch(container);
    if (container.view.state != ContainerState::running) {
      throw EngineError(EngineErrorKind::conflict,
                        "only a running agent can take another configuration");
    }
    ++container.reloads;
    fetch_configuration(container);
  });
}

ScheduleView FakeEngine::read_schedule(const std::string& container_id) {
  return call(EngineMethod::read_schedule, container_id, [&] {
    const FakeContainer& container = container_or_throw(container_id);
    if (container.view.state != ContainerState::running) {
      throw EngineError(EngineErrorKind::conflict,
                        "only a running agent can be asked for its jobs");
    }
    const auto schedule = schedules_.find(container.view.key);
    return schedule == schedules_.end() ? ScheduleView{} : schedule->second;
  });
}

void FakeEngine::remove_container(const std::string& container_id) {
  call(EngineMethod::remove_container, container_id, [&] {
    const auto found = world_.containers.find(container_id);
    if (found == world_.containers.end()) return;
    note_touch(found->second);
    if (has_process(found->second.view.state)) {
      throw EngineError(EngineErrorKind::conflict, "a running container is not removed");
    }
    const bool ours = found->second.instance == instance_;
    const ResourceKey key = found->second.view.key;
    erase(container_id);
    if (ours) emit_agent(key);
  });
}

void FakeEngine::remove_network(const std::string& network_name) {
  call(EngineMethod::remove_network, network_name, [&] {
    const auto found = world_.networks.find(network_name);
    if (found == world_.networks.end() || found->second.instance != instance_) return;
    remove_network_locked(found);
  });
}

void FakeEngine::remove_network_locked(std::map<std::string, Network>::iterator network) {
  for (const auto& [id, container] : world_.containers) {
    if (container.network == network->first && container.network_id == network->second.id &&
        has_process(container.view.state)) {
      throw EngineError(EngineErrorKind::conflict, "network " + network->first + " is in use");
    }
  }
  const ResourceKey key = network->second.key;
  free_subnets_.insert(network->second.subnet);
  world_.networks.erase(network);
  emit_agent(key);
}

MoveView FakeEngine::look_at_move(const AgentIdentity& identity, const std::string& node) {
  const TimePoint sent = clock_.now();
  return call(EngineMethod::look_at_move, to_string(identity.key), [&] {
    const World& world = visible();
    const auto place = world.places.find(state_volume_name(identity));
    MoveView view = view_of_move(place == world.places.end() ? nullptr : &place->second, node);
    view.as_of = frozen_ && !frozen_dishonest_ ? frozen_->taken_at : sent;
    return view;
  });
}

void FakeEngine::advance_move(const AgentIdentity& identity, const std::string& node,
                              MoveStep step) {
  call(EngineMethod::advance_move, to_string(identity.key), [&] {
    if (nodes_.empty())
      throw EngineError(EngineErrorKind::refused, "volumes stay on the machine that there is");
    if (step == MoveStep::begin_copy) return begin_copy(identity, node);
    const auto found = world_.places.find(state_volume_name(identity));
    if (step == MoveStep::give_up) {
      if (found != world_.places.end()) found->second.moving_to.clear();
      return;
    }
    if (found == world_.places.end())
      throw EngineError(EngineErrorKind::conflict, "the volumes are nowhere");
    if (step == MoveStep::keep_copy) return keep_copy(found->second, node);
    leave_state(identity, found->second, node);
  });
}

void FakeEngine::remove_leftovers() {
  call(EngineMethod::remove_leftovers, {}, [&] {
    leftover_helpers_ = 0;
    for (auto& [name, place] : world_.places) tidy(place);
  });
}

void FakeEngine::remove_volumes(const AgentIdentity& identity) {
  call(EngineMethod::remove_volumes, to_string(identity.key), [&] {
    for (const auto& [id, container] : world_.containers) {
      if (container.instance == instance_ &&
          state_volume_name(container.spec.identity) == state_volume_name(identity)) {
        throw EngineError(EngineErrorKind::conflict,
                          "the volumes are in use by container " + container.view.name);
      }
    }
    if (const auto found = world_.places.find(state_volume_name(identity));
        found != world_.places.end()) {
      if (!found->second.moving_to.empty())
        throw EngineError(EngineErrorKind::conflict, "the volumes are being copied");
      tidy(found->second);
      if (!found->second.left_on.empty())
        throw EngineError(EngineErrorKind::unavailable, "something is left on a node");
      world_.places.erase(found);
    }
    world_.volumes.erase(state_volume_name(identity));
    world_.volumes.erase(workspace_volume_name(identity));
  });
}

void FakeEngine::begin_pull(const std::string& image) {
  call(EngineMethod::begin_pull, image, [&] {
    if (world_.pulls.contains(image)) return;
    const auto present = world_.images.find(image);
    if (present != world_.images.end() &&
        present->second.availability == ImageAvailability::present)
      return;
    const auto planned = pull_behaviours_.find(image);
    Pull pull;
    pull.began = clock_.now();
    if (planned != pull_behaviours_.end()) pull.behaviour = planned->second;
    world_.pulls[image] = std::move(pull);
    world_.images[image] =
        ImageView{ImageAvailability::pulling, 0, "pulling " + image, clock_.now()};
    settle_pulls();
  });
}

ImageView FakeEngine::image(const std::string& image) {
  return call(EngineMethod::image, image, [&] {
    const auto found = visible().images.find(image);
    return found == visible().images.end() ? ImageView{} : found->second;
  });
}

std::optional<RuntimeDriver::MemoryUse> FakeEngine::memory_use(const std::string& container_id) {
  return call(EngineMethod::memory_use, container_id, [&]() -> std::optional<MemoryUse> {
    const auto found = world_.containers.find(container_id);
    if (found == world_.containers.end() || !has_process(found->second.view.state))
      return std::nullopt;
    const auto use = memory_.find(found->second.view.key);
    MemoryUse held = use == memory_.end() ? MemoryUse{620, 0} : use->second;
    if (found->second.reclaimed) held = MemoryUse{0, held.resident_mb + held.swap_mb};
    return held;
  });
}

void FakeEngine::watch(EngineListener& listener) {
  const std::lock_guard lock(mutex_);
  listener_ = &listener;
}

void FakeEngine::stop_watching() {
  const std::lock_guard lock(mutex_);
  listener_ = nullptr;
  pending_.clear();
}

}  // namespace mosaic
