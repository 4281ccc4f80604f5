// RuntimeDriver over a Docker Swarm (API 1.41 and newer), through one manager: one service per agent, asleep with no
// replica and awake with one, on an internal overlay network of its own.
//
// Where an owner's volumes are is decided before anything runs on them, kept in the swarm itself (a config object that
// bears the volumes' name, with the node as a label) and pinned in the service: a task never comes up beside its state.
// It follows the owner, as volumes do, and outlives the row.
//
// An agent is reached through its link, a forwarder of its own, which stays up for a while after the agent fell asleep: a
// wake then takes as long as the agent's own task does, and the agent's first question finds the link's name, which the
// engine leaves without any answer while nobody has it.
//
// What Swarm cannot do, the capabilities say: no pause, no hibernation, nothing inside a container (a change of
// configuration is a restart, schedules cannot be read), no KILL before a TERM's grace is over. An end that was asked for
// is told as it was asked for (exit 0 or 137), because Swarm forgets the task.
//
// Thread-safety: every method may be called from any thread at the same time; watch() and stop_watching() from one.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/image_puller.hpp"
#include "runtime/driver_vitals.hpp"
#include "runtime/runtime_driver.hpp"
#include "runtime/swarm/swarm_objects.hpp"
#include "runtime/swarm/swarm_settings.hpp"

namespace mosaic {

class SwarmWatcher;

// What there is of a swarm besides agents.
struct SwarmSurvey {
  std::vector<SwarmNode> nodes;
  std::optional<InspectedNetwork> fleet_network;
  std::optional<NetworkRoom> room;
};

class SwarmDriver final : public RuntimeDriver, public VitalDriver {
 public:
  // `clock` and `observer` (may be null) must outlive the driver. Does not connect yet. Throws std::invalid_argument when
  // the settings cannot work, HttpError when the TLS files cannot be used.
  SwarmDriver(const SwarmSettings& settings, const Clock& clock,
              EngineCallObserver* observer = nullptr);
  ~SwarmDriver() override;

  // refused: the engine is no manager of a swarm, or has agents of ours that are no services.
  EngineInfo info() override;
  std::string template_fingerprint() const override { return fingerprint_; }
  std::vector<ListedContainer> list_agents() override;
  std::vector<ListedNetwork> list_networks() override;
  ObservedAgent observe(const AgentIdentity& identity, const std::string& image) override;
  void ensure_volumes(const AgentIdentity& identity) override;
  void ensure_network(const AgentIdentity& identity) override;
  ContainerView create_container(const AgentSpec& spec) override;
  // Returns once it runs, or once it is known not to have a place yet, or after a while. refused or image_missing: the
  // node did not take it; conflict: its last process is still ending.
  void start(const std::string& container_id) override;
  void terminate(const std::string& container_id) override;
  void kill(const std::string& container_id) override;
  void pause(const std::string& container_id) override;                  // refused
  void unpause(const std::string& container_id) override;                // refused
  void reclaim(const std::string& container_id) override;                // refused
  void reload_configuration(const std::string& container_id) override;   // failed
  ScheduleView read_schedule(const std::string& container_id) override;  // never known
  void remove_container(const std::string& container_id) override;
  void remove_network(const std::string& network_name) override;
  // Empties them on the node where they are, and waits for it; unavailable: that node has not done it yet.
  void remove_volumes(const AgentIdentity& identity) override;
  // The steps leave the record of the volumes as it was or as it is to be: what a killed caller began is seen there.
  MoveView look_at_move(const AgentIdentity& identity, const std::string& node) override;
  void advance_move(const AgentIdentity& identity, const std::string& node, MoveStep step) override;
  void remove_leftovers() override;
  void begin_pull(const std::string& image) override { puller_.begin(image); }
  ImageView image(
      const std::string& image) override;  // on the manager; nodes get theirs by themselves
  std::optional<MemoryUse> memory_use(const std::string&) override { return std::nullopt; }
  void before_each_change(std::function<void()> check) override {
    engine_.before_each_change(std::move(check));
  }
  void watch(EngineListener& listener) override;
  void stop_watching() override;

  DriverVitals vitals() const override;
  // For `mosaic doctor`.
  SwarmSurvey survey();

 private:
  ContainerView view(const SwarmService& service);
  bool linked() const { return !settings_.link_image.empty(); }
  // The forwarder of the agent whose service that is; nothing when there is none.
  std::optional<SwarmService> link_of(const SwarmService& service);
  void make_link(const AgentIdentity& identity, const std::string& network_id,
                 const std::string& node_id);
  bool is_reachable(const SwarmService& service);
  void want_link(const SwarmService& service);
  void scale(const SwarmService& link, bool wanted);
  void await_link(const SwarmService& service);
  void rest_links();
  void remove_company_on(const std::string& network_id);
  bool is_row(const SwarmService& service, const ResourceKey& key) const;
  std::optional<SwarmService> find_by_labels(const ResourceKey& key, std::string_view role);
  void look_at_rest(ObservedAgent& observed, const AgentIdentity& identity,
                    const std::string& image, const std::string& attached_network_id);
  std::optional<InspectedNetwork> own_network(const AgentIdentity& identity);
  bool is_as_open_as_wanted(const InspectedNetwork& network) const;
  void await_addresses(const std::string& name, const std::string& id);
  // Of the owner's volumes; nothing when there are none. conflict: the name is somebody else's.
  std::optional<SwarmRecord> record_of(const AgentIdentity& identity);
  std::string choose_node();
  void await_start(const SwarmService& service, const std::string& task_before);
  void end(const std::string& container_id, std::string_view how);
  bool has_service(const AgentIdentity& identity);
  void purge_by_job(const AgentIdentity& identity, const SwarmRecord& record);
  void await_purge(const std::string& job_id, const std::string& job_name);
  std::optional<SwarmService> own_service(const std::string& name);
  struct Copy;
  Copy copy_of(const SwarmRecord& record, const std::string& target);
  void look_at_beginning(MoveView& view, const SwarmRecord& record,
                         const std::vector<SwarmNode>& nodes, const SwarmNode& target);
  void look_at_copy(MoveView& view, const SwarmRecord& record, const std::vector<SwarmNode>& nodes,
                    const SwarmNode& target);
  void begin_copy(const AgentIdentity& identity, const std::string& target);
  void keep_copy(const SwarmRecord& record, const std::string& target);
  void leave_state(const AgentIdentity& identity, const SwarmRecord& record,
                   const std::vector<SwarmNode>& nodes, const std::string& target);
  void place_anew(const SwarmRecord& record, const std::string& node);
  void give_up_copy(const SwarmRecord& record);
  void remove_copy(const SwarmRecord& record);
  bool is_being_emptied(const SwarmRecord& record, const std::string& node);
  void tidy(const SwarmRecord& record);
  void tidy_all();
  void tidy_all_of(const std::string& record_name);
  // conflict: they are being copied; unavailable: something of a move is still left on a node.
  void require_no_traces_of_moves(const AgentIdentity& identity);
  bool is_tidy(const SwarmRecord& record, const std::string& node,
               const std::vector<SwarmNode>& nodes);
  std::string own_node();
  void remove_local_volume(const std::string& name);
  void require_process(const std::string& container_id);  // not_found, conflict
  void announce_image(const std::string& image);

  const SwarmSettings settings_;
  const Clock& clock_;
  const std::string fingerprint_;
  EngineClient engine_;
  SwarmObjects objects_;
  Interrupt ending_;    // what its waits end by
  std::mutex placing_;  // one placement at a time: two would choose the same node
  std::mutex networks_;
  std::mutex moves_;  // nothing is emptied while it becomes somebody's state
  std::shared_mutex
      links_;  // whoever starts an agent shares it; whoever takes links of sleepers away has it alone
  mutable std::mutex room_mutex_;
  std::optional<NetworkRoom> room_;  // as info() last found it
  mutable std::mutex watch_mutex_;
  EngineListener* listener_ = nullptr;
  std::unique_ptr<SwarmWatcher> watcher_;
  ImagePuller puller_;  // last: its thread uses the others
};

}  // namespace mosaic
