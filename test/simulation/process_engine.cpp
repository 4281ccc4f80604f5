#include "test/simulation/process_engine.hpp"

#include "test/simulation/process_call.hpp"

namespace mosaic::simulation {

template <typename Work>
auto ProcessEngine::call(EngineMethod method, std::string_view target, Work work) {
  witness_.engine_call_begins(process_, method);
  return interrupted(interruptions_, process_, Callee::engine, to_string(method), target, [&] {
    witness_.engine_call_begins(process_, method);
    return work();
  });
}

template <typename Work>
auto ProcessEngine::change_of(EngineMethod method, const ResourceKey& key, Work work) {
  struct Return {
    EngineWitness& witness;
    const Process& process;
    const ResourceKey& key;
    ~Return() { witness.acted(process, key); }
  } const at_return{witness_, process_, key};
  return call(method, key.name, std::move(work));
}

template <typename Work>
auto ProcessEngine::change(EngineMethod method, const std::string& container_id, Work work) {
  const auto container = engine_.find_container(container_id);
  const ResourceKey key = container ? container->view.key : ResourceKey{};
  struct Return {
    EngineWitness& witness;
    const Process& process;
    const ResourceKey& key;
    ~Return() { witness.acted(process, key); }
  } const at_return{witness_, process_, key};
  return call(method, container_id, [&] {
    witness_.effect_on_container(process_, method, container_id);
    return work();
  });
}

EngineInfo ProcessEngine::info() {
  return call(EngineMethod::info, {}, [&] { return engine_.info(); });
}

std::string ProcessEngine::template_fingerprint() const { return engine_.template_fingerprint(); }

std::vector<ListedContainer> ProcessEngine::list_agents() {
  const TimePoint begun = clock_.now();
  auto listed = call(EngineMethod::list_agents, {}, [&] { return engine_.list_agents(); });
  std::erase_if(listed, [&](const ListedContainer&) { return leave_out_(); });
  witness_.listed(process_, begun);
  return listed;
}

std::vector<ListedNetwork> ProcessEngine::list_networks() {
  auto listed = call(EngineMethod::list_networks, {}, [&] { return engine_.list_networks(); });
  std::erase_if(listed, [&](const ListedNetwork&) { return leave_out_(); });
  return listed;
}

ObservedAgent ProcessEngine::observe(const AgentIdentity& identity, const std::string& image) {
  const TimePoint begun = clock_.now();
  try {
    auto observed = call(EngineMethod::observe, identity.key.name,
                         [&] { return engine_.observe(identity, image); });
    observed.as_of = std::min(observed.as_of, begun);
    witness_.observed(process_, identity.key, observed.as_of);
    return observed;
  } catch (...) {
    witness_.observation_failed(process_, identity.key);
    throw;
  }
}

void ProcessEngine::ensure_volumes(const AgentIdentity& identity) {
  change_of(EngineMethod::ensure_volumes, identity.key, [&] { engine_.ensure_volumes(identity); });
}

void ProcessEngine::ensure_network(const AgentIdentity& identity) {
  change_of(EngineMethod::ensure_network, identity.key, [&] { engine_.ensure_network(identity); });
}

ContainerView ProcessEngine::create_container(const AgentSpec& spec) {
  auto created = change_of(EngineMethod::create_container, spec.identity.key,
                           [&] { return engine_.create_container(spec); });
  // The answer says what an observation would.
  witness_.observed(process_, spec.identity.key, clock_.now());
  return created;
}

void ProcessEngine::start(const std::string& container_id) {
  change(EngineMethod::start, container_id, [&] { engine_.start(container_id); });
}
void ProcessEngine::terminate(const std::string& container_id) {
  change(EngineMethod::terminate, container_id, [&] { engine_.terminate(container_id); });
}
void ProcessEngine::kill(const std::string& container_id) {
  change(EngineMethod::kill, container_id, [&] { engine_.kill(container_id); });
}
void ProcessEngine::pause(const std::string& container_id) {
  change(EngineMethod::pause, container_id, [&] { engine_.pause(container_id); });
}
void ProcessEngine::unpause(const std::string& container_id) {
  change(EngineMethod::unpause, container_id, [&] { engine_.unpause(container_id); });
}
void ProcessEngine::reclaim(const std::string& container_id) {
  change(EngineMethod::reclaim, container_id, [&] { engine_.reclaim(container_id); });
}
void ProcessEngine::reload_configuration(const std::string& container_id) {
  change(EngineMethod::reload_configuration, container_id,
         [&] { engine_.reload_configuration(container_id); });
}
ScheduleView ProcessEngine::read_schedule(const std::string& container_id) {
  return call(EngineMethod::read_schedule, container_id,
              [&] { return engine_.read_schedule(container_id); });
}
void ProcessEngine::remove_container(const std::string& container_id) {
  change(EngineMethod::remove_container, container_id,
         [&] { engine_.remove_container(container_id); });
}
void ProcessEngine::remove_network(const std::string& network_name) {
  call(EngineMethod::remove_network, network_name, [&] { engine_.remove_network(network_name); });
}
void ProcessEngine::remove_volumes(const AgentIdentity& identity) {
  change_of(EngineMethod::remove_volumes, identity.key, [&] {
    witness_.effect_on_volumes(process_, identity);
    engine_.remove_volumes(identity);
  });
}
MoveView ProcessEngine::look_at_move(const AgentIdentity& identity, const std::string& node) {
  const TimePoint begun = clock_.now();
  MoveView view = call(EngineMethod::look_at_move, identity.key.name,
                       [&] { return engine_.look_at_move(identity, node); });
  view.as_of = std::min(view.as_of, begun);
  return view;
}
void ProcessEngine::advance_move(const AgentIdentity& identity, const std::string& node,
                                 MoveStep step) {
  change_of(EngineMethod::advance_move, identity.key, [&] {
    witness_.effect_on_move(process_, identity, step);
    engine_.advance_move(identity, node, step);
  });
}
void ProcessEngine::remove_leftovers() {
  call(EngineMethod::remove_leftovers, {}, [&] { engine_.remove_leftovers(); });
}
void ProcessEngine::begin_pull(const std::string& image) {
  call(EngineMethod::begin_pull, image, [&] { engine_.begin_pull(image); });
}
ImageView ProcessEngine::image(const std::string& image) {
  return call(EngineMethod::image, image, [&] { return engine_.image(image); });
}
std::optional<RuntimeDriver::MemoryUse> ProcessEngine::memory_use(const std::string& container_id) {
  return call(EngineMethod::memory_use, container_id,
              [&] { return engine_.memory_use(container_id); });
}

}  // namespace mosaic::simulation
