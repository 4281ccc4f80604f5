#include "runtime/swarm/swarm_driver.hpp"

#include <set>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/engine_kinds.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"
#include "runtime/swarm/swarm_watcher.hpp"

namespace mosaic {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(50);

constexpr const char* cannot_look_inside =
    "on a Docker Swarm nothing can be run inside an agent's container";

[[noreturn]] void refuse(std::string_view what) {
  throw EngineError(EngineErrorKind::refused, "a Docker Swarm cannot " + std::string(what));
}

nlohmann::json& replicas_of(nlohmann::json& spec) { return spec["Mode"]["Replicated"]["Replicas"]; }

}  // namespace

SwarmDriver::SwarmDriver(const SwarmSettings& settings, const Clock& clock,
                         EngineCallObserver* observer)
    : settings_(settings),
      clock_(clock),
      fingerprint_(fingerprint_of_service_template(settings)),
      engine_(settings.engine.endpoint, clock, observer),
      objects_(engine_, settings.engine.instance),
      puller_(engine_, settings.engine, clock,
              [this](const std::string& image) { announce_image(image); }) {
  if (settings.engine.instance.size() < 8)
    throw std::invalid_argument("an instance id has at least 8 characters");
}

SwarmDriver::~SwarmDriver() {
  ending_.raise();
  stop_watching();
}

EngineInfo SwarmDriver::info() {
  const std::string told = objects_.info();
  const EngineFacts facts = decode_info(told);
  if (!facts.manages_swarm)
    throw EngineError(EngineErrorKind::refused,
                      "this engine is no manager of a Docker Swarm: name one that is");
  refuse_agents_of_the_plain_engine(engine_, settings_.engine.instance);
  const std::optional<NetworkRoom> room = objects_.network_room(told);
  EngineInfo info;
  info.name = "Docker Swarm " + facts.version;
  info.api_version = engine_.api_version();
  info.data_root = facts.data_root;
  const SwarmCapacity capacity = capacity_of(objects_.nodes());
  info.memory_mb = capacity.memory_mb;
  info.cpus = capacity.cpus;
  info.capabilities.hibernate_reason =
      "a Docker Swarm can neither pause nor hibernate what it runs";
  info.capabilities.move = linked();
  info.capabilities.isolation = !settings_.agents_reach_out;
  if (settings_.agents_reach_out)
    info.capabilities.isolation_reason = "the firewalls of a swarm's nodes are theirs to set";
  info.capabilities.baseline_gaps = swarm_gaps(settings_);
  const std::lock_guard lock(room_mutex_);
  room_ = room;
  return info;
}

DriverVitals SwarmDriver::vitals() const {
  DriverVitals vitals;
  vitals.breaker_open = engine_.breaker_open();
  {
    const std::lock_guard lock(watch_mutex_);
    if (watcher_) vitals.last_event_at = watcher_->last_look_at();
  }
  const std::lock_guard lock(room_mutex_);
  vitals.network_room = room_;
  return vitals;
}

SwarmSurvey SwarmDriver::survey() {
  return {objects_.nodes(), objects_.find_network(settings_.fleet_network),
          objects_.network_room(objects_.info())};
}

ContainerView SwarmDriver::create_container(const AgentSpec& spec) {
  const std::optional<InspectedNetwork> network = own_network(spec.identity);
  if (!network)
    throw EngineError(EngineErrorKind::not_found,
                      "the network " + network_name(spec.identity) + " is not there yet");
  if (image(spec.image).availability != ImageAvailability::present)
    throw EngineError(EngineErrorKind::image_missing,
                      "the image " + spec.image + " is not on this engine");
  const std::optional<SwarmRecord> record = record_of(spec.identity);
  if (!record)
    throw EngineError(EngineErrorKind::not_found,
                      "the volumes of " + spec.identity.container_name + " are not there yet");
  if (!record->moving_to.empty())
    throw EngineError(EngineErrorKind::conflict, "the volumes of " + spec.identity.container_name +
                                                     " are being copied to another node");
  if (record->image != spec.image)
    objects_.set_record_labels(*record, {{swarm_label::image, spec.image}});
  if (linked()) make_link(spec.identity, network->id, record->node);
  ContainerView created;
  created.id =
      objects_.create_service(service_body(spec, network->id, record->node, settings_),
                              "create service " + spec.identity.container_name, spec.gateway_token);
  created.name = swarm_name(spec.identity.container_name);
  created.key = spec.identity.key;
  created.spec_hash = spec.spec_hash;
  created.memory_mb = spec.limits.memory_mb;
  return created;
}

void SwarmDriver::start(const std::string& container_id) {
  const SwarmService service = objects_.service_or_throw(container_id);
  const std::vector<SwarmTask> tasks = objects_.tasks_of(container_id);
  const SwarmTask* last = newest_task(tasks, container_id);
  const bool alive = last != nullptr && last->stage == TaskStage::running;
  if (alive && service.wanted) return;
  if (alive && view(service).state == ContainerState::running)
    throw EngineError(EngineErrorKind::conflict,
                      "the last process of service " + service.name + " is still ending");
  const std::shared_lock links(links_);
  if (linked()) {
    want_link(service);
    await_link(service);
  }
  const bool coming = service.wanted && last != nullptr && last->stage == TaskStage::coming;
  if (!coming) {
    objects_.change_service(container_id, [](const SwarmService&, nlohmann::json& spec) {
      replicas_of(spec) = 1;
      // A replica that ended by itself is not made anew because one is wanted, but because the template changed.
      nlohmann::json& count = spec["TaskTemplate"]["ForceUpdate"];
      count = (count.is_number_integer() ? count.get<std::int64_t>() : 0) + 1;
      for (const std::string_view name : {swarm_label::ended_by, swarm_label::ended_at})
        spec["Labels"].erase(std::string(name));
      return true;
    });
  }
  await_start(service, coming || last == nullptr ? std::string{} : last->id);
}

void SwarmDriver::await_start(const SwarmService& service, const std::string& task_before) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_wait;
  do {
    const std::vector<SwarmTask> tasks = objects_.tasks_of(service.id);
    const SwarmTask* task = newest_task(tasks, service.id);
    if (task == nullptr || task->id == task_before) continue;
    const bool waits = task->stage == TaskStage::coming;
    if (task->stage == TaskStage::rejected)
      throw classify_answer("start service " + service.name, 400, task->error, {});
    // Who has no place, and why, the next observation tells.
    if (!task->error.empty()) return;
    // Reachable as well, or whoever looks next would think that its network is gone.
    if (!waits && (task->stage == TaskStage::ended || !linked() || is_reachable(service))) return;
  } while (std::chrono::steady_clock::now() < deadline && !ending_.wait_for(look_again));
}

bool SwarmDriver::is_reachable(const SwarmService& service) {
  return !view(service).endpoint.empty();
}

void SwarmDriver::terminate(const std::string& container_id) { end(container_id, "terminate"); }

// Swarm sends TERM and, when its grace is over, KILL; nothing makes it faster.
void SwarmDriver::kill(const std::string& container_id) { end(container_id, "kill"); }

void SwarmDriver::end(const std::string& container_id, std::string_view how) {
  objects_.change_service(container_id, [&](const SwarmService& service, nlohmann::json& spec) {
    if (!service.wanted) return false;
    const ContainerState state = view(service).state;
    // What ended by itself keeps its exit code only as long as it is still wanted.
    if (state != ContainerState::running && state != ContainerState::placing) return false;
    replicas_of(spec) = 0;
    spec["Labels"][std::string(swarm_label::ended_by)] = how;
    spec["Labels"][std::string(swarm_label::ended_at)] = to_iso8601(clock_.now());
    return true;
  });
}

// --- the forwarder ---

// One that is there may be of another template: it is made anew with the agent's service.
void SwarmDriver::make_link(const AgentIdentity& identity, const std::string& network_id,
                            const std::string& node_id) {
  remove_company_on(network_id);
  objects_.create_service(link_body(identity, network_id, node_id, settings_),
                          "create the link of " + identity.container_name, {});
}

void SwarmDriver::want_link(const SwarmService& service) {
  const std::optional<SwarmService> link = link_of(service);
  if (link && !link->wanted) scale(*link, true);
}

void SwarmDriver::scale(const SwarmService& link, bool wanted) {
  objects_.change_service(link.id, [wanted](const SwarmService&, nlohmann::json& spec) {
    replicas_of(spec) = wanted ? 1 : 0;
    return true;
  });
}

// One that cannot come is no reason to wait: what stands in its way, the agent's view tells.
void SwarmDriver::await_link(const SwarmService& service) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_wait;
  do {
    const std::optional<SwarmService> link = link_of(service);
    if (!link) return;
    const std::vector<SwarmTask> tasks = objects_.tasks_of(link->id);
    const SwarmTask* task = newest_task(tasks, link->id);
    if (task == nullptr || task->stage == TaskStage::coming) {
      if (task != nullptr && !task->error.empty()) return;
      continue;
    }
    if (task->stage != TaskStage::ended) return;
  } while (std::chrono::steady_clock::now() < deadline && !ending_.wait_for(look_again));
}

// Who is being started now has its link's place, so this time is not the one.
void SwarmDriver::rest_links() {
  const std::unique_lock alone(links_, std::try_to_lock);
  if (!linked() || !alone) return;
  const TimePoint long_ago = clock_.now() - settings_.link_rest;
  std::set<ResourceKey> asleep;
  for (const SwarmService& service :
       objects_.services_with({label_filter(label::role, role::agent)})) {
    if (service.labels.key && !service.wanted && service.ended_at.value_or(TimePoint{}) <= long_ago)
      asleep.insert(*service.labels.key);
  }
  for (const SwarmService& link : objects_.services_with({label_filter(label::role, role::link)})) {
    if (link.wanted && link.labels.key && asleep.contains(*link.labels.key)) scale(link, false);
  }
}

// Its link, and what copies its volumes.
void SwarmDriver::remove_company_on(const std::string& network_id) {
  for (const std::string_view company : {role::link, role::move}) {
    for (const SwarmService& service :
         objects_.services_with({label_filter(label::role, company)})) {
      if (service.network_id == network_id) objects_.remove_service(service.id);
    }
  }
}

void SwarmDriver::pause(const std::string& container_id) {
  objects_.service_or_throw(container_id);
  refuse("pause what it runs");
}

void SwarmDriver::unpause(const std::string& container_id) {
  objects_.service_or_throw(container_id);
  refuse("pause what it runs");
}

void SwarmDriver::reclaim(const std::string& container_id) {
  objects_.service_or_throw(container_id);
  refuse("hibernate what it runs");
}

void SwarmDriver::require_process(const std::string& container_id) {
  if (view(objects_.service_or_throw(container_id)).state != ContainerState::running)
    throw EngineError(EngineErrorKind::conflict,
                      "service " + container_id.substr(0, 12) + " has no running process");
}

void SwarmDriver::reload_configuration(const std::string& container_id) {
  require_process(container_id);
  throw EngineError(EngineErrorKind::failed, cannot_look_inside);
}

ScheduleView SwarmDriver::read_schedule(const std::string& container_id) {
  require_process(container_id);
  ScheduleView unknown;
  unknown.known = false;
  unknown.unknown_reason = cannot_look_inside;
  return unknown;
}

void SwarmDriver::remove_container(const std::string& container_id) {
  const std::optional<SwarmService> service = objects_.find_service(container_id);
  if (!service || service->id != container_id) return;
  const ContainerState state = view(*service).state;
  if (state == ContainerState::running || state == ContainerState::placing)
    throw EngineError(EngineErrorKind::conflict,
                      "service " + service->name + " has, or is about to have, a running process");
  if (linked()) remove_company_on(service->network_id);
  objects_.remove_service(container_id);
}

void SwarmDriver::watch(EngineListener& listener) {
  stop_watching();
  auto watcher = std::make_unique<SwarmWatcher>(objects_, clock_, settings_.poll, listener);
  const std::lock_guard lock(watch_mutex_);
  listener_ = &listener;
  watcher_ = std::move(watcher);
}

void SwarmDriver::stop_watching() {
  std::unique_ptr<SwarmWatcher> ending;
  const std::lock_guard lock(watch_mutex_);
  listener_ = nullptr;
  ending = std::move(watcher_);
}

// Called with the end of a pull; holds the lock so that stop_watching() waits for it.
void SwarmDriver::announce_image(const std::string& image) {
  const std::lock_guard lock(watch_mutex_);
  if (listener_ != nullptr) listener_->on_image_changed(image);
}

std::string SwarmDriver::own_node() { return decode_own_node(objects_.info()); }

}  // namespace mosaic
