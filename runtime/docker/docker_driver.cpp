#include "runtime/docker/docker_driver.hpp"

#include "model/boot_exit.hpp"
#include "runtime/boot/boot_script.hpp"
#include "runtime/docker/container_exec.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_kinds.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/docker/event_watcher.hpp"
#include "runtime/docker/schedule_answer.hpp"

namespace mosaic {
namespace {

// An observation and the creation that follows from it are milliseconds apart; what is older is looked at again.
constexpr Duration surroundings_last = std::chrono::seconds(1);

// The script's own limits add up to a little less.
constexpr Duration reload_limit = std::chrono::seconds(40);
constexpr Duration schedule_limit = std::chrono::seconds(10);

constexpr const char* one_machine =
    "a Docker engine is one machine, and its agents' state is there; on a Docker Swarm it can move";
constexpr const char* no_reader_in_image = "its image has no node to read OpenClaw's jobs with";

std::string reload_failure(int exit_code) {
  switch (exit_code) {
    case boot_exit::cannot_write:
      return "the agent could not write its new configuration (exit 73)";
    case boot_exit::api_unreachable:
      return "the agent could not fetch its new configuration (exit 75)";
    case boot_exit::held_by_another:
      return "another reload of the agent goes on (exit 77)";
    case boot_exit::unfit_image:
      return "the agent's image lacks a program that a reload needs (exit 79)";
    case boot_exit::not_taken:
      return "the gateway did not take its new configuration (exit 76)";
    case boot_exit::nothing_to_boot:
      return "the API has no configuration for the agent (exit 78)";
    default:
      return "the new configuration could not be applied (exit " + std::to_string(exit_code) + ")";
  }
}

EngineRequest container_call(std::string_view method, std::string_view route, const std::string& id,
                             std::string_view after, const std::string& verb) {
  EngineRequest request;
  request.method = method;
  request.route = route;
  request.path = engine_path("/containers/", id, after);
  request.doing = verb + " container " + id.substr(0, 12);
  return request;
}

}  // namespace

DockerDriver::DockerDriver(const DockerSettings& settings, const Clock& clock,
                           HostIsolation& isolation, MemoryReclaimer& reclaimer,
                           EngineCallObserver* observer)
    : settings_(settings),
      clock_(clock),
      fingerprint_(fingerprint_of_template(settings)),
      isolation_(isolation),
      reclaimer_(reclaimer),
      engine_(settings.endpoint, clock, observer),
      networks_(engine_, settings),
      volumes_(engine_, settings),
      puller_(engine_, settings, clock,
              [this](const std::string& image) { announce_image(image); }) {
  if (settings.instance.size() < 8)
    throw std::invalid_argument("an instance id has at least 8 characters");
}

DockerDriver::~DockerDriver() { stop_watching(); }

EngineInfo DockerDriver::info() {
  EngineRequest request;
  request.route = "/info";
  request.path = "/info";
  request.doing = "ask the engine about itself";
  const EngineFacts facts = decode_info(engine_.call(request).body);
  if (facts.manages_swarm) refuse_agents_that_are_services(engine_, settings_.instance);
  EngineInfo info;
  info.name = "Docker " + facts.version;
  info.api_version = engine_.api_version();
  info.memory_mb = facts.memory_mb;
  info.cpus = facts.cpus;
  info.data_root = facts.data_root;
  info.capabilities.pause = true;
  info.capabilities.inside = true;
  info.capabilities.hibernate = reclaimer_.possible();
  info.capabilities.hibernate_reason = reclaimer_.reason();
  info.capabilities.isolation = isolation_.in_force();
  info.capabilities.isolation_reason = isolation_.reason();
  return info;
}

ContainerView DockerDriver::create_container(const AgentSpec& spec) {
  const Surroundings around = surroundings_of(spec);
  const VolumeOwner owner = volumes_.make_writable(spec.identity, spec.image, around.image_id);
  EngineRequest request;
  request.method = "POST";
  request.route = "/containers/create";
  request.path = "/containers/create?name=" + percent_encode(spec.identity.container_name);
  request.body = container_body(spec, around.gateway, owner, settings_);
  request.timeout = engine_timeout::change;
  request.doing = "create container " + spec.identity.container_name;
  request.secrets = {spec.gateway_token};
  if (settings_.proxy_port != 0)
    request.secrets.push_back(settings_.proxy_credential(spec.identity.key, spec.gateway_token));
  ContainerView created;
  created.id = decode_created_id(engine_.call(request).body);
  created.name = spec.identity.container_name;
  created.key = spec.identity.key;
  created.spec_hash = spec.spec_hash;
  created.memory_mb = spec.limits.memory_mb;
  return created;
}

DockerDriver::Surroundings DockerDriver::surroundings_of(const AgentSpec& spec) {
  const std::string network = network_name(spec.identity);
  {
    const std::lock_guard lock(surroundings_mutex_);
    const auto found = surroundings_.find(network);
    if (found != surroundings_.end()) {
      const Surroundings seen = std::move(found->second);
      surroundings_.erase(found);
      const Duration age = clock_.now() - seen.seen_at;
      if (seen.image == spec.image && age >= Duration::zero() && age <= surroundings_last)
        return seen;
    }
  }
  const std::optional<InspectedNetwork> own = networks_.find(network);
  if (!own)
    throw EngineError(EngineErrorKind::not_found, "the network " + network + " is not there yet");
  const InspectedImage image = inspect_image(spec.image);
  if (image.id.empty()) {
    throw EngineError(EngineErrorKind::image_missing,
                      "the image " + spec.image + " is not on this engine");
  }
  return Surroundings{clock_.now(), own->gateway, spec.image, image.id};
}

void DockerDriver::remember_surroundings(const std::string& network, Surroundings surroundings) {
  const std::lock_guard lock(surroundings_mutex_);
  if (surroundings.gateway.empty() || surroundings.image_id.empty()) {
    surroundings_.erase(network);
  } else {
    surroundings_.insert_or_assign(network, std::move(surroundings));
  }
}

void DockerDriver::remove_network(const std::string& network_name) {
  remember_surroundings(network_name, {});
  networks_.remove(network_name);
}

void DockerDriver::start(const std::string& container_id) {
  if (!host_secured_) secure_host();
  EngineRequest request =
      container_call("POST", "/containers/{id}/start", container_id, "/start", "start");
  request.timeout = engine_timeout::start;
  engine_.call(request);
}

void DockerDriver::terminate(const std::string& container_id) {
  signal(container_id, "SIGTERM", engine_timeout::change);
}

// The engine thaws a paused container by itself once the signal is queued, under either version of cgroups.
void DockerDriver::kill(const std::string& container_id) {
  signal(container_id, "SIGKILL", engine_timeout::change);
}

void DockerDriver::signal(const std::string& container_id, std::string_view signal_name,
                          Duration timeout) {
  EngineRequest request = container_call("POST", "/containers/{id}/kill", container_id,
                                         "/kill?signal=" + std::string(signal_name), "signal");
  request.timeout = timeout;
  // 409: it does not run, so there is nothing to end.
  engine_.call_accepting(request, {409});
}

void DockerDriver::pause(const std::string& container_id) {
  EngineRequest request =
      container_call("POST", "/containers/{id}/pause", container_id, "/pause", "pause");
  request.timeout = engine_timeout::change;
  try {
    engine_.call(request);
  } catch (const EngineError& error) {
    // Engines say it with different statuses, so its state decides.
    if (error.kind() != EngineErrorKind::conflict && error.kind() != EngineErrorKind::failed) throw;
    const ContainerState state = inspect_or_throw(container_id).view.state;
    if (state == ContainerState::paused) return;
    if (state == ContainerState::running) throw;
    throw EngineError(EngineErrorKind::conflict, error.what());
  }
}

void DockerDriver::unpause(const std::string& container_id) {
  EngineRequest request =
      container_call("POST", "/containers/{id}/unpause", container_id, "/unpause", "unpause");
  request.timeout = engine_timeout::change;
  try {
    engine_.call(request);
  } catch (const EngineError& error) {
    if (error.kind() != EngineErrorKind::conflict && error.kind() != EngineErrorKind::failed) throw;
    const ContainerState state = inspect_or_throw(container_id).view.state;
    if (state == ContainerState::running) return;
    if (state == ContainerState::paused) throw;
    throw EngineError(EngineErrorKind::conflict, error.what());
  }
}

void DockerDriver::reclaim(const std::string& container_id) {
  const InspectedContainer container = inspect_or_throw(container_id);
  if (container.view.state != ContainerState::paused) {
    throw EngineError(EngineErrorKind::conflict,
                      "only a paused container's memory can be reclaimed");
  }
  reclaimer_.reclaim(ContainerProcess{container.view.id, container.pid});
}

// The program gets the container's own environment, as the boot script did, and with it the token.
void DockerDriver::reload_configuration(const std::string& container_id) {
  const std::vector<std::string> command{"/bin/sh", "-c", std::string(agent_boot_script()),
                                         "agent-boot", std::string(reload_mode)};
  const ExecResult result = run_in_container(engine_, container_id, command, reload_limit);
  if (!result.ended) {
    throw EngineError(EngineErrorKind::failed,
                      "the new configuration was not applied within " + to_human(reload_limit));
  }
  if (result.exit_code == 0) return;
  // An API that does not answer now is no reason to restart an agent that would then find none either.
  const bool passing = result.exit_code == boot_exit::api_unreachable ||
                       result.exit_code == boot_exit::held_by_another;
  throw EngineError(passing ? EngineErrorKind::unavailable : EngineErrorKind::failed,
                    reload_failure(result.exit_code));
}

ScheduleView DockerDriver::read_schedule(const std::string& container_id) {
  ScheduleView unknown;
  unknown.known = false;
  try {
    const ExecResult result = run_in_container(
        engine_, container_id, {"node", "-e", std::string(read_schedule_script())}, schedule_limit);
    if (result.ended) return schedule_from_answer(result.exit_code, result.output, clock_.now());
    unknown.unknown_reason = "the agent did not say within " + to_human(schedule_limit);
  } catch (const EngineError& error) {
    if (error.kind() != EngineErrorKind::refused && error.kind() != EngineErrorKind::failed) throw;
    unknown.unknown_reason = no_reader_in_image;
  }
  return unknown;
}

std::optional<RuntimeDriver::MemoryUse> DockerDriver::memory_use(const std::string& container_id) {
  const std::optional<InspectedContainer> container = inspect(container_id);
  if (!container || container->pid == 0) return std::nullopt;
  return reclaimer_.memory_use(ContainerProcess{container->view.id, container->pid});
}

MoveView DockerDriver::look_at_move(const AgentIdentity&, const std::string&) {
  MoveView view;
  view.as_of = clock_.now();
  view.detail = one_machine;
  return view;
}

void DockerDriver::advance_move(const AgentIdentity&, const std::string&, MoveStep) {
  throw EngineError(EngineErrorKind::refused, one_machine);
}

void DockerDriver::remove_container(const std::string& container_id) {
  EngineRequest request =
      container_call("DELETE", "/containers/{id}", container_id, "?force=false&v=false", "remove");
  request.timeout = engine_timeout::change;
  engine_.call_accepting(request, {404});
}

void DockerDriver::watch(EngineListener& listener) {
  stop_watching();
  EventWatcher::Hooks hooks;
  hooks.network_owner = [this](const std::string& network) { return networks_.owner_of(network); };
  hooks.on_lost = [this] { host_secured_ = false; };
  hooks.on_discarded = [this](std::size_t count) { events_discarded_ += count; };
  hooks.secure = [this] {
    try {
      secure_host();
    } catch (const EngineError&) {
      // The next start tries again and says so: no agent starts without it.
      host_secured_ = false;
    }
  };
  auto watcher =
      std::make_unique<EventWatcher>(engine_, settings_, clock_, listener, std::move(hooks));
  const std::lock_guard lock(watch_mutex_);
  listener_ = &listener;
  watcher_ = std::move(watcher);
}

void DockerDriver::stop_watching() {
  std::unique_ptr<EventWatcher> ending;
  const std::lock_guard lock(watch_mutex_);
  listener_ = nullptr;
  ending = std::move(watcher_);
}

DriverVitals DockerDriver::vitals() const {
  DriverVitals vitals;
  vitals.events_discarded = events_discarded_;
  vitals.breaker_open = engine_.breaker_open();
  const std::lock_guard lock(watch_mutex_);
  if (watcher_ && watcher_->connected()) vitals.last_event_at = watcher_->last_heard_at();
  return vitals;
}

// Called with the end of a pull; holds the lock so that stop_watching() waits for it.
void DockerDriver::announce_image(const std::string& image) {
  const std::lock_guard lock(watch_mutex_);
  if (listener_ != nullptr) listener_->on_image_changed(image);
}

void DockerDriver::secure_host() {
  isolation_.ensure();
  host_secured_ = true;
}

}  // namespace mosaic
