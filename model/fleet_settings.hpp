// The fleet-wide settings that an admin may change while everything runs: rows of "SystemConfig"
// whose key begins with "fleet.". One place knows their names, defaults and bounds.
//
// A plain value. parse() never throws: a value out of bounds is reported and its default stays in
// force.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/agent.hpp"
#include "model/clock.hpp"

namespace mosaic {

// How an idle agent may sleep. With nothing allowed, idle means stopped.
struct SleepSettings {
  bool pause = false;  // fleet.sleep.pause: idle agents are frozen first
  // fleet.sleep.pausedMemoryMb: what all paused agents may hold together
  std::int64_t paused_memory_mb = 0;
  // fleet.sleep.hibernateAfterMin: time in pause before hibernation
  Duration hibernate_after = Duration::zero();
  // fleet.sleep.hibernate: frozen agents may be pushed to swap
  bool hibernate = false;
  // fleet.sleep.hibernatedSwapMb: what all hibernated agents may hold of swap
  std::int64_t hibernated_swap_mb = 0;
  // fleet.sleep.stopAfterMin: time asleep before stopped; zero: never
  Duration stop_after = Duration::zero();

  bool operator==(const SleepSettings&) const = default;
};

// What the egress proxy lets agents reach (it is there with --agent-egress proxy).
enum class EgressAccess : std::uint8_t {
  internet,   // every public address
  providers,  // the providers of the agent's owner
  listed,     // these, and the hosts of the list
};

struct EgressSettings {
  EgressAccess user_agents = EgressAccess::internet;    // fleet.egress.userAgents
  EgressAccess system_agents = EgressAccess::internet;  // fleet.egress.systemAgents
  std::string hosts;  // fleet.egress.hosts: see model/host_pattern.hpp, "PATTERN PATTERN …"

  bool operator==(const EgressSettings&) const = default;
};

std::string_view to_string(EgressAccess access);

// Where the providers' API keys are while agents work.
enum class ProviderKeys : std::uint8_t {
  delivered,  // with the agents, in their configuration
  injected,   // with the API alone, which adds them on the way out (api/provider_proxy)
};

std::string_view to_string(ProviderKeys keys);

struct FleetSettings {
  std::string image = "alpine/openclaw:latest";  // fleet.image
  ResourceLimits limits;                         // fleet.memoryMb, fleet.cpuMilli, fleet.pids
  SleepSettings sleep;
  // fleet.memoryBudgetMb: sum of all running agents' limits; zero: the host's memory less the
  // reserve
  std::int64_t memory_budget_mb = 0;
  // fleet.memoryReserveMb: kept free for the host itself
  std::int64_t memory_reserve_mb = 1024;
  // fleet.drainLimitMin: how long a restart waits for running turns
  Duration drain_limit = std::chrono::minutes(10);
  Duration stop_grace = std::chrono::seconds(30);  // fleet.stopGraceSec: between TERM and KILL
  // fleet.startDeadlineSec: a start that takes longer has failed
  Duration start_deadline = std::chrono::minutes(3);
  // fleet.maxRunningAgents: how many agents may have a process at a time; zero: no limit
  std::int64_t max_running_agents = 0;
  // fleet.idleTimeoutMinMin, fleet.idleTimeoutMinMax: the bounds within which users choose theirs
  std::int64_t idle_timeout_min_min = 1;
  std::int64_t idle_timeout_min_max = 1440;
  // fleet.providerPrivateRanges: private addresses at which providers may be asked, "CIDR CIDR …"
  std::string provider_private_ranges;
  // fleet.toolProfile: what agents may do by themselves
  std::string tool_profile = "minimal";
  EgressSettings egress;
  ProviderKeys provider_keys = ProviderKeys::delivered;  // fleet.providerKeys

  bool operator==(const FleetSettings&) const = default;

  // `values`: key to plain value of all "fleet." rows. `problems` gets one sentence per refused
  // value.
  static FleetSettings parse(const std::map<std::string, std::string>& values,
                             std::vector<std::string>& problems);
};

}  // namespace mosaic
