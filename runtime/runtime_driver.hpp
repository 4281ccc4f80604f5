// The engine as the reconcilers see it: agents' containers, networks, volumes and images, one call
// per external action. docker/ implements it over the Engine API; test/fakes has an in-memory
// engine; both pass the same conformance suite (test/conformance).
//
// Thread-safety: every method may be called from any thread at the same time. Every call has a
// deadline of its own and throws EngineError when the engine did not do, or may not have done, what
// was asked. Methods are idempotent in the sense named at each: a repeated call after a lost
// response is safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "model/naming.hpp"
#include "model/observed.hpp"

namespace mosaic {

enum class EngineErrorKind : std::uint8_t {
  unavailable,        // no connection, deadline passed, or the breaker is open: nothing is known
  permission_denied,  // the socket refuses us
  not_found,          // the object is not there (any more)
  conflict,           // the object is in a state that forbids the call, or its name is taken
  image_missing,
  subnets_exhausted,
  disk_full,
  out_of_memory,
  isolation_unavailable,  // the firewall that must stand around agents cannot be set
  refused,                // any other answer of 4xx
  failed,                 // any other answer of 5xx
};

// what() is one line for people: what failed, and what to do where that is known. Never holds a
// secret.
class EngineError : public std::runtime_error {
 public:
  EngineError(EngineErrorKind kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  EngineErrorKind kind() const { return kind_; }

 private:
  EngineErrorKind kind_;
};

// Everything needed to create an agent's container. The driver adds the security baseline and the
// boot script.
struct AgentSpec {
  AgentIdentity identity;
  std::string image;
  ResourceLimits limits;
  bool swap_allowed = false;  // hibernation needs MemorySwap above Memory
  std::string gateway_token;  // in plain; goes into the container's environment only
  std::string spec_hash;      // becomes a label, see label::spec_hash
};

struct EngineCapabilities {
  bool pause = false;
  bool hibernate = false;
  std::string hibernate_reason;  // why not, in one line; empty when it can
  bool isolation = false;        // firewall rules around agents are in force
  std::string isolation_reason;
  // Calls that act within a running container: reload_configuration() and read_schedule().
  bool inside = false;
  bool move = false;  // volumes can go from one node to another
  // What of the security baseline (docs/SECURITY.md) this engine does not put around agents, for people, in one line;
  // empty: it is whole.
  std::string baseline_gaps;
};

struct EngineInfo {
  std::string name;            // "Docker 20.10.24"
  std::string api_version;     // negotiated
  std::int64_t memory_mb = 0;  // of the host
  int cpus = 0;
  std::string data_root;
  EngineCapabilities capabilities;
};

// Hints that something may have changed; never acted on, only turned into keys. Called from the
// driver's own threads: implementations must be quick and must not call the driver.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  virtual void on_agent_changed(const ResourceKey& key) = 0;
  // Empty: some image, the engine does not say which.
  virtual void on_image_changed(const std::string& image) = 0;
  virtual void on_events_missed() = 0;  // after a (re)connection: list anew
  virtual void on_engine_reachable(bool reachable) = 0;
};

class RuntimeDriver {
 public:
  virtual ~RuntimeDriver() = default;

  virtual EngineInfo info() = 0;

  // Fingerprint of the container template (baseline + boot script + fixed settings such as the
  // agents' API port); part of every spec hash, so that an upgrade of the template rolls out.
  virtual std::string template_fingerprint() const = 0;

  // All containers with our instance label, in one complete answer, or an exception.
  virtual std::vector<ListedContainer> list_agents() = 0;
  // All networks with our instance label, likewise. For the cleanup of what deleted rows left
  // behind.
  virtual std::vector<ListedNetwork> list_networks() = 0;

  virtual ObservedAgent observe(const AgentIdentity& identity, const std::string& image) = 0;

  // Creates what is missing of state and workspace volume.
  virtual void ensure_volumes(const AgentIdentity& identity) = 0;
  // Creates the agent's own network on a free subnet of the configured range.
  virtual void ensure_network(const AgentIdentity& identity) = 0;
  // Creates the container, stopped, and says what observe() would say of it now. conflict: the
  // name is taken (by whom, the next observe() tells).
  virtual ContainerView create_container(const AgentSpec& spec) = 0;
  // of a running one: nothing happens
  virtual void start(const std::string& container_id) = 0;
  // TERM to a running one; returns at once
  virtual void terminate(const std::string& container_id) = 0;
  virtual void kill(const std::string& container_id) = 0;   // KILL; also of a paused one
  virtual void pause(const std::string& container_id) = 0;  // of a paused one: nothing happens
  // of a running one: nothing happens
  virtual void unpause(const std::string& container_id) = 0;
  // Pushes a paused container's memory to swap; only with capabilities.hibernate.
  virtual void reclaim(const std::string& container_id) = 0;
  // Has the gateway in a running container fetch and take its configuration while it runs; returns
  // once it has it. unavailable: it could not be fetched now, or how it went is not known; failed:
  // the agent did not take it; conflict: no running process. Safe to repeat in every case.
  virtual void reload_configuration(const std::string& container_id) = 0;
  // When the jobs inside a running container are due. What cannot be told is said in the view; the
  // exceptions are not_found, conflict (no running process) and unavailable.
  virtual ScheduleView read_schedule(const std::string& container_id) = 0;
  // The container must not be running; its volumes stay. Gone already: nothing happens.
  virtual void remove_container(const std::string& container_id) = 0;
  // of ours only; gone already: nothing happens
  virtual void remove_network(const std::string& network_name) = 0;
  virtual void remove_volumes(const AgentIdentity& identity) = 0;  // gone already: nothing happens
  // How far the owner's volumes are on their way to `node` (host name or id). Changes nothing.
  virtual MoveView look_at_move(const AgentIdentity& identity, const std::string& node) = 0;
  // One step of it. conflict: it is not the turn of that step (any more), a container of the agent is there, or the
  // step has been overtaken; refused: this engine cannot move volumes. keep_copy never makes a copy the agent's that is
  // not complete or that something may have run beside.
  virtual void advance_move(const AgentIdentity& identity, const std::string& node,
                            MoveStep step) = 0;
  // Removes what calls of a process that died left behind besides agents' objects (helper
  // containers with our instance label), and what moves left on nodes. Never what a call of this
  // process is using.
  virtual void remove_leftovers() = 0;

  // Begins a pull in the background unless one runs; its progress shows in observe() and image().
  virtual void begin_pull(const std::string& image) = 0;
  virtual ImageView image(const std::string& image) = 0;

  // Memory that the container holds now, resident and in swap, in MiB; nothing when it cannot be
  // told.
  struct MemoryUse {
    std::int64_t resident_mb = 0;
    std::int64_t swap_mb = 0;
  };
  virtual std::optional<MemoryUse> memory_use(const std::string& container_id) = 0;

  // `check` is called before every single change that any method makes on the engine, also between two changes of one
  // method; what it throws, the method throws, and changes nothing more. To be set before the first call.
  virtual void before_each_change(std::function<void()> check) = 0;

  // Delivers hints to `listener` from now until the driver is destroyed or stop_watching()
  // returned.
  virtual void watch(EngineListener& listener) = 0;
  virtual void stop_watching() = 0;
};

}  // namespace mosaic
