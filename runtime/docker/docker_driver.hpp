// RuntimeDriver over a Docker engine (API 1.41 and newer): the security baseline, one small network per agent, and
// adoption by labels only. What is not labelled as ours is never changed, whatever its name.
//
// Thread-safety: every method may be called from any thread at the same time; watch() and stop_watching() from one.
// What a listing leaves empty: started_at, finished_at, exit_code, oom_killed, error and memory_mb, because the engine's
// list does not say them and asking for each container would cost a call each; observe() fills them all.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/host_isolation.hpp"
#include "runtime/docker/image_puller.hpp"
#include "runtime/docker/network_keeper.hpp"
#include "runtime/docker/volume_keeper.hpp"
#include "runtime/driver_vitals.hpp"
#include "runtime/hibernation/memory_reclaimer.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

class EventWatcher;

class DockerDriver final : public RuntimeDriver, public VitalDriver {
 public:
  // All references must outlive the driver; `observer` may be null. Does not connect yet. Throws
  // std::invalid_argument when the settings cannot work, HttpError when the TLS files cannot be used.
  DockerDriver(const DockerSettings& settings, const Clock& clock, HostIsolation& isolation,
               MemoryReclaimer& reclaimer, EngineCallObserver* observer = nullptr);
  ~DockerDriver() override;

  // refused: agents of ours are services of a swarm that the engine manages.
  EngineInfo info() override;
  std::string template_fingerprint() const override { return fingerprint_; }
  std::vector<ListedContainer> list_agents() override;
  std::vector<ListedNetwork> list_networks() override { return networks_.list(); }
  ObservedAgent observe(const AgentIdentity& identity, const std::string& image) override;
  void ensure_volumes(const AgentIdentity& identity) override { volumes_.ensure(identity); }
  void ensure_network(const AgentIdentity& identity) override { networks_.ensure(identity); }
  ContainerView create_container(const AgentSpec& spec) override;
  void start(const std::string& container_id) override;
  void terminate(const std::string& container_id) override;
  void kill(const std::string& container_id) override;
  void pause(const std::string& container_id) override;
  void unpause(const std::string& container_id) override;
  void reclaim(const std::string& container_id) override;
  void reload_configuration(const std::string& container_id) override;
  ScheduleView read_schedule(const std::string& container_id) override;
  void remove_container(const std::string& container_id) override;
  void remove_network(const std::string& network_name) override;
  void remove_volumes(const AgentIdentity& identity) override { volumes_.remove(identity); }
  MoveView look_at_move(const AgentIdentity&, const std::string&) override;        // impossible
  void advance_move(const AgentIdentity&, const std::string&, MoveStep) override;  // refused
  void remove_leftovers() override { volumes_.remove_leftover_helpers(); }
  void begin_pull(const std::string& image) override { puller_.begin(image); }
  ImageView image(const std::string& image) override;
  std::optional<MemoryUse> memory_use(const std::string& container_id) override;
  void before_each_change(std::function<void()> check) override {
    engine_.before_each_change(std::move(check));
  }
  void watch(EngineListener& listener) override;
  void stop_watching() override;

  DriverVitals vitals() const override;

 private:
  // What the next create_container() of an agent needs to know of its network and its image.
  struct Surroundings {
    TimePoint seen_at{};
    std::string gateway;
    std::string image;
    std::string image_id;
  };
  void remember_surroundings(const std::string& network, Surroundings surroundings);
  // What observe() saw a moment ago, else looked up now.
  Surroundings surroundings_of(const AgentSpec& spec);
  struct InspectedImage {
    ImageView view;
    std::string id;  // empty unless it is present
  };
  InspectedImage inspect_image(const std::string& image);

  bool is_row(const InspectedContainer& container, const ResourceKey& key) const;
  std::optional<InspectedContainer> inspect(const std::string& name_or_id);
  std::optional<InspectedContainer> find_by_labels(const ResourceKey& key);
  InspectedContainer inspect_or_throw(const std::string& container_id);
  void look_at_rest(ObservedAgent& observed, const AgentIdentity& identity,
                    const std::string& image, const std::string& attached_network_id);
  void signal(const std::string& container_id, std::string_view signal_name, Duration timeout);
  void announce_image(const std::string& image);
  void secure_host();

  const DockerSettings settings_;
  const Clock& clock_;
  const std::string fingerprint_;
  HostIsolation& isolation_;
  MemoryReclaimer& reclaimer_;
  EngineClient engine_;
  NetworkKeeper networks_;
  VolumeKeeper volumes_;
  std::mutex surroundings_mutex_;
  std::map<std::string, Surroundings>
      surroundings_;  // by network, of agents that were seen without a container
  std::atomic<bool> host_secured_{false};  // since the engine was last seen to come up
  std::atomic<std::uint64_t> events_discarded_{0};
  mutable std::mutex watch_mutex_;
  EngineListener* listener_ = nullptr;
  std::unique_ptr<EventWatcher> watcher_;
  ImagePuller puller_;  // last: its thread uses the others
};

}  // namespace mosaic
