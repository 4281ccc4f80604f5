// An engine in memory: RuntimeDriver with every fault that a test may want, and no threads. The same calls on the
// same clock give the same answers, ids and events.
//
// Thread-safety: every method may be called from any thread. Events are delivered without the lock held, on the
// thread that caused them (EventMode::immediate) or that calls deliver_events() (EventMode::on_demand).
//
// What happens by itself (an end after TERM, progress of a pull) happens when the clock has reached it and any
// method or settle() is called; next_due() says when that is. A listing is as poor as a real one: no times, no exit
// codes, no memory.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/clock.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

enum class EngineMethod : std::uint8_t {
  info,
  list_agents,
  list_networks,
  observe,
  ensure_volumes,
  ensure_network,
  create_container,
  start,
  terminate,
  kill,
  pause,
  unpause,
  reclaim,
  remove_container,
  remove_network,
  remove_volumes,
  begin_pull,
  image,
  memory_use,
  reload_configuration,
  read_schedule,
  remove_leftovers,
  look_at_move,
  advance_move,
};

std::string_view to_string(EngineMethod method);
// Whether a call changes something on the engine; pulls do.
bool changes_engine(EngineMethod method);

struct EngineCall {
  EngineMethod method{};
  std::string
      target;  // a row's key ("user/c1"), a container id or an image; empty for whole-engine calls
  TimePoint at{};
  bool failed = false;
};

// before_effect: the engine never saw the call. after_effect: it did it, and the answer was lost.
enum class FaultMoment : std::uint8_t { before_effect, after_effect };

enum class EventMode : std::uint8_t { immediate, on_demand };

// What the fake knows of one container; tests read it, the hooks below change it.
struct FakeContainer {
  ContainerView view;
  std::string instance;  // label; empty: none of our labels
  std::string network;
  int network_id = 0;  // which network of that name it was created on; zero: none
  std::string node;    // where it runs; empty: on the one that there is
  std::string image;
  AgentSpec spec;                    // as created by us; empty for foreign ones
  std::optional<TimePoint> ends_at;  // TERM was honoured and takes effect then
  bool reclaimed = false;
  int reloads = 0;            // of its configuration, by the present process
  std::string configuration;  // what the process last fetched, see set_configuration_source()
  std::optional<TimePoint> fetches_at;  // its process has begun, and has not fetched it yet
};

class FakeEngine final : public RuntimeDriver {
 public:
  // `pass_time` moves the clock by a call's latency; without it latencies are only recorded in the order of calls.
  FakeEngine(const Clock& clock, std::string instance,
             std::function<void(Duration)> pass_time = {});

  // RuntimeDriver
  EngineInfo info() override;
  std::string template_fingerprint() const override;
  std::vector<ListedContainer> list_agents() override;
  std::vector<ListedNetwork> list_networks() override;
  ObservedAgent observe(const AgentIdentity& identity, const std::string& image) override;
  void ensure_volumes(const AgentIdentity& identity) override;
  void ensure_network(const AgentIdentity& identity) override;
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
  void remove_volumes(const AgentIdentity& identity) override;
  MoveView look_at_move(const AgentIdentity& identity, const std::string& node) override;
  void advance_move(const AgentIdentity& identity, const std::string& node, MoveStep step) override;
  void remove_leftovers() override;
  void begin_pull(const std::string& image) override;
  ImageView image(const std::string& image) override;
  std::optional<MemoryUse> memory_use(const std::string& container_id) override;
  // Every method is one change here, about which the fence has asked already; and two controllers may share a fake.
  void before_each_change(std::function<void()>) override {}
  void watch(EngineListener& listener) override;
  void stop_watching() override;

  // Faults of calls
  void fail_next(EngineMethod method, EngineErrorKind kind, int count = 1,
                 FaultMoment moment = FaultMoment::before_effect);
  void set_latency(EngineMethod method, Duration latency);
  void set_down(
      bool
          down);  // every call is `unavailable`; the listener is told, and asked to relist when it is back
  // Called before and after the effect of every call, without the lock: may throw anything (a crash), may block.
  using Interceptor = std::function<void(EngineMethod, const std::string& target, FaultMoment)>;
  void set_interceptor(Interceptor interceptor);

  // Stale observations: list_agents, list_networks, observe and image answer from a picture taken now. With
  // `dishonest` the picture claims to be of the moment of the call, as a lagging engine's would.
  void freeze_view(bool dishonest = false);
  void thaw_view();

  // Images and pulls
  void set_image(const std::string& image, ImageAvailability availability, std::string detail = {});
  struct PullBehaviour {
    Duration takes = Duration::zero();
    std::string failure;  // empty: succeeds
  };
  void set_pull(const std::string& image, PullBehaviour behaviour);

  // Containers: what happens to them from inside or from a human's hand. No container of that row: nothing happens.
  void exit_container(const ResourceKey& key, int exit_code, bool oom_killed = false);
  void human_stops(const ResourceKey& key);
  void human_kills(const ResourceKey& key);
  void human_removes(const ResourceKey& key);           // docker rm -f
  void human_removes_container(const std::string& id);  // the same, of whosever container
  void human_pauses(const ResourceKey& key);
  void human_unpauses(const ResourceKey& key);
  void human_starts(const ResourceKey& key);
  void human_removes_network(const ResourceKey& key);
  void human_removes_volumes(const ResourceKey& key);
  void
  restart_engine();  // every process ends with 137, events are lost, the listener is asked to relist
  // From now on a container of that row that is started ends at once with that code; nothing: it runs.
  void set_exit_on_start(const ResourceKey& key, std::optional<int> exit_code);
  // How long TERM takes to end a container of that row; nothing: it ignores TERM. Zero unless told.
  void set_term_delay(const ResourceKey& key, std::optional<Duration> delay);
  void set_memory_use(const ResourceKey& key, MemoryUse use);
  // What the configuration endpoint would answer a process of that row, asked at each boot and reload, with the
  // engine's lock held.
  void set_configuration_source(std::function<std::string(const ResourceKey&)> source);
  // How long after its start a process of that row asks. At once unless told.
  void set_fetch_delay(const ResourceKey& key, Duration delay);
  // What the jobs inside that row's containers say. Nothing scheduled unless told.
  void set_schedule(const ResourceKey& key, ScheduleView schedule);

  // A container that is not this row's, under any name. `instance` empty: no label of ours. With our instance and
  // `key` it is another row's.
  std::string add_container(const std::string& name, const std::string& instance,
                            const ResourceKey& key = {},
                            ContainerState state = ContainerState::running);

  // A helper container that a killed controller's call left; how many are there.
  void leave_helper_behind();
  int leftover_helpers() const;

  // A cluster instead of one machine; volumes come into being on the first node. An absent one can neither be copied from
  // nor to nor tidied up; what is running on it goes on.
  void set_nodes(std::vector<std::string> nodes);
  void set_node_away(const std::string& node, bool away);
  void set_copy(Duration takes, bool fails);  // of those that are begun from now on
  std::string node_of_state(const AgentIdentity& identity) const;
  // Of volumes that are nobody's state, on any node, and that nothing is being copied to.
  bool has_left_volumes() const;
  // Owners whose process did not find what the last one before it had written, although nobody gave that up.
  std::set<std::string> lost_states() const;

  void add_network(const std::string& name, const std::string& instance,
                   const ResourceKey& key = {});

  void set_subnet_capacity(std::size_t networks);  // ensure_network beyond it: subnets_exhausted
  void set_info(EngineInfo info);                  // capabilities included
  void set_template_fingerprint(std::string fingerprint);

  // Events
  void set_event_mode(EventMode mode);  // immediate unless told
  void drop_events(bool drop);          // lost, as from a full buffer
  void duplicate_events(bool duplicate);
  std::size_t deliver_events();  // all pending ones, in order; how many
  std::size_t deliver_events_reversed();
  void signal_relist();

  // Time
  void settle();
  std::optional<TimePoint> next_due() const;

  // What a test asserts on
  std::vector<EngineCall> calls() const;
  std::size_t call_count(EngineMethod method) const;  // failed ones too
  std::size_t mutation_count() const;                 // calls that change the engine; pulls too
  void forget_calls();
  std::vector<FakeContainer> containers() const;                           // ordered by id
  std::vector<FakeContainer> containers_of(const ResourceKey& key) const;  // ours only
  std::optional<FakeContainer> find_container(const std::string& id) const;
  std::set<std::string> network_names() const;  // of everybody
  bool has_network(const ResourceKey& key) const;
  bool has_volumes(const ResourceKey& key) const;
  std::size_t most_running_at_once(const ResourceKey& key) const;  // S1: never above one
  std::set<std::string> touched_foreign()
      const;  // S6: ids of containers not ours that a call changed

 private:
  struct Network {
    ResourceKey key;
    std::string instance;
    int subnet = 0;
    int id = 0;  // another one when it was removed and made anew
  };
  // Of an owner's volumes in a cluster.
  struct Place {
    ResourceKey key;
    std::string node;
    std::string moving_to;
    TimePoint copied_at{};
    bool copy_fails = false;
    bool copy_told = false;
    int copied_word = 0;
    std::set<std::string> left_on;
    std::map<std::string, int> words;  // the last that was written, by node
    int last_word = 0;                 // wherever that was; zero: none
  };
  struct Pull {
    TimePoint began{};
    PullBehaviour behaviour;
  };
  struct World {
    std::map<std::string, FakeContainer> containers;              // by id
    std::unordered_map<std::string, std::string> names;           // of containers, to their ids
    std::unordered_map<ResourceKey, std::set<std::string>> rows;  // of our containers, to their ids
    std::set<std::string> ending;                                 // ids of those that TERM will end
    std::set<std::string> fetching;                               // and of those that still boot
    std::map<std::string, Network> networks;                      // by name
    std::map<std::string, ResourceKey> volumes;                   // by name
    std::map<std::string, Place> places;                          // by the state volume's name
    std::map<std::string, ImageView> images;
    std::map<std::string, Pull> pulls;
    TimePoint taken_at{};
  };
  struct Fault {
    EngineErrorKind kind;
    int count;
    FaultMoment moment;
  };
  struct Event {
    enum class Type : std::uint8_t { agent, image, relist, reachable, unreachable } type;
    ResourceKey key;
    std::string image;
  };

  template <typename Effect>
  auto call(EngineMethod method, const std::string& target, Effect&& effect);
  std::size_t begin_call(EngineMethod method, const std::string& target);
  void mark_failed(std::size_t number);
  void check_planned_faults(EngineMethod method, const std::string& target, FaultMoment moment);
  // A hook's change of the world, and the events that follow from it.
  template <typename Change>
  void change(Change&& apply);

  // Everything below expects the lock to be held, but flush() and deliver().
  const World& visible() const;
  FakeContainer& container_or_throw(const std::string& id);
  FakeContainer* process_of(const ResourceKey& key);
  static const FakeContainer* find_by_name(const World& world, const std::string& name);
  // The row's container; one with a process before one without.
  const FakeContainer* find_by_row(const World& world, const ResourceKey& key) const;
  void insert(FakeContainer container);
  void erase(const std::string& id);
  bool is_attached(const World& world, const FakeContainer& container) const;
  bool is_row(const FakeContainer& container, const ResourceKey& key) const;
  std::string next_id();
  int take_subnet();
  void remove_network_locked(std::map<std::string, Network>::iterator network);
  void note_touch(const FakeContainer& container);
  void run(FakeContainer& container);
  void fetch_configuration(FakeContainer& container);
  void begin_termination(FakeContainer& container);
  void end(FakeContainer& container, int exit_code, bool oom_killed);
  void count_running(const ResourceKey& key);
  void settle_locked();
  void settle_pulls();
  void settle_copies();
  void place(const AgentIdentity& identity);
  void use_state(const FakeContainer& container, bool begins);
  MoveView view_of_move(const Place* place, const std::string& node) const;
  bool is_there(const std::string& node) const;
  void begin_copy(const AgentIdentity& identity, const std::string& node);
  void keep_copy(Place& place, const std::string& node);
  void leave_state(const AgentIdentity& identity, Place& place, const std::string& node);
  bool has_container(const AgentIdentity& identity) const;
  void tidy(Place& place);
  void emit(Event event);
  void emit_agent(const ResourceKey& key);
  void flush();
  std::size_t deliver(const std::deque<Event>& events);

  const Clock& clock_;
  const std::string instance_;
  const std::function<void(Duration)> pass_time_;
  mutable std::mutex mutex_;
  World world_;
  int leftover_helpers_ = 0;
  std::optional<World> frozen_;
  bool frozen_dishonest_ = false;
  bool down_ = false;
  int last_id_ = 0;
  int last_network_id_ = 0;
  std::set<int> free_subnets_;  // below next_subnet_
  int next_subnet_ = 0;

  std::size_t subnet_capacity_ = 8192;
  EngineInfo info_;
  std::string fingerprint_ = "fake-template";
  std::map<EngineMethod, std::deque<Fault>> faults_;
  std::map<EngineMethod, Duration> latencies_;
  Interceptor interceptor_;
  std::vector<std::string> nodes_;
  std::set<std::string> away_;
  Duration copy_takes_{};
  bool copy_fails_ = false;
  int words_written_ = 0;
  std::set<std::string> lost_states_;
  std::map<std::string, PullBehaviour> pull_behaviours_;
  std::map<ResourceKey, int> exit_on_start_;
  std::map<ResourceKey, std::optional<Duration>> term_delays_;
  std::map<ResourceKey, Duration> fetch_delays_;
  std::map<ResourceKey, MemoryUse> memory_;
  std::map<ResourceKey, ScheduleView> schedules_;
  std::function<std::string(const ResourceKey&)> configuration_source_;
  std::map<ResourceKey, std::size_t> most_running_;
  std::set<std::string> touched_foreign_;
  std::vector<EngineCall> calls_;
  std::size_t mutations_ = 0;  // among them
  std::size_t forgotten_calls_ = 0;
  EngineListener* listener_ = nullptr;
  EventMode event_mode_ = EventMode::immediate;
  bool drop_events_ = false;
  bool duplicate_events_ = false;
  std::deque<Event> pending_;
};

}  // namespace mosaic
