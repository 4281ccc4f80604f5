#include "runtime/firewall/host_firewall.hpp"

#include <unistd.h>

#include <system_error>
#include <utility>

#include "runtime/firewall/child_process.hpp"
#include "runtime/firewall/engine_locality.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

namespace {

// Other programs may hold the firewall's lock for a moment.
constexpr auto lock_wait_s = "5";
constexpr auto program_limit = std::chrono::seconds(10);

bool kernel_has_ipv6() { return ::access("/proc/net/if_inet6", F_OK) == 0; }

// The first line of what a program said about its failure.
std::string complaint(const std::string& program, const ChildResult& result) {
  if (result.exit_code == 127) return program + " is not installed";
  if (result.timed_out) return program + " did not end in time";
  const auto line = result.errors.substr(0, result.errors.find('\n'));
  return program +
         " failed: " + (line.empty() ? "exit code " + std::to_string(result.exit_code) : line);
}

ChildResult run(const std::string& program, std::vector<std::string> arguments, std::string input) {
  ChildCommand command;
  command.arguments = std::move(arguments);
  command.input = std::move(input);
  command.limit = program_limit;
  try {
    auto result = run_child(command);
    if (!result.succeeded())
      throw EngineError(EngineErrorKind::isolation_unavailable, complaint(program, result));
    return result;
  } catch (const std::system_error& error) {
    throw EngineError(EngineErrorKind::isolation_unavailable, program + " failed: " + error.what());
  }
}

FirewallSettings checked(FirewallSettings settings) {
  validate(settings);
  return settings;
}

}  // namespace

HostFirewall::HostFirewall(FirewallSettings settings, std::string engine_url)
    : engine_url_(std::move(engine_url)), has_ipv6_(kernel_has_ipv6()) {
  settings = checked(std::move(settings));
  ipv4_ = {"iptables", plan_ipv4(settings), {}};
  ipv6_ = {"ip6tables", plan_ipv6(settings), {}};
}

void HostFirewall::ensure() {
  const std::lock_guard lock(ensure_mutex_);
  if (!find_out()) return;
  try {
    ensure_family(ipv4_);
    if (has_ipv6_) ensure_family(ipv6_);
  } catch (const EngineError& error) {
    set_state(false, error.what());
    throw;
  }
  set_state(true, {});
}

bool HostFirewall::in_force() const {
  const std::lock_guard lock(state_mutex_);
  return in_force_;
}

std::string HostFirewall::reason() const {
  const std::lock_guard lock(state_mutex_);
  return reason_;
}

void HostFirewall::remove_rules() {
  const std::lock_guard lock(ensure_mutex_);
  set_state(false, "the firewall rules were removed");
  for (auto* family : {&ipv4_, &ipv6_}) {
    if (family == &ipv6_ && !has_ipv6_) continue;
    family->confirmed.clear();
    const auto script = removal_script(family->plan, list(*family));
    if (!script.empty()) restore(*family, script);
  }
}

bool HostFirewall::find_out() {
  if (possible_ != Possible::unknown) return possible_ == Possible::yes;
  if (::geteuid() != 0) {
    possible_ = Possible::no;
    set_state(
        false,
        "firewall rules around agents need root: run the controller as root on the engine's host");
    return false;
  }
  const auto locality = locate_engine(engine_url_);
  switch (locality.place) {
    case EngineLocality::Place::here:
      possible_ = Possible::yes;
      return true;
    case EngineLocality::Place::elsewhere:
      possible_ = Possible::no;
      set_state(false, locality.reason);
      return false;
    case EngineLocality::Place::unknown:
      break;
  }
  set_state(false, locality.reason);
  throw EngineError(EngineErrorKind::unavailable, locality.reason);
}

void HostFirewall::ensure_family(Family& family) {
  const auto before = list(family);
  // How a rule is printed differs between versions of iptables: what was read back after setting it is the measure.
  const bool unchanged =
      !family.confirmed.empty() && own_chains(family.plan, before) == family.confirmed;
  if (unchanged && stands(family.plan, before)) return;
  restore(family, apply_script(family.plan, before));
  const auto after = list(family);
  if (!stands(family.plan, after)) {
    throw EngineError(
        EngineErrorKind::isolation_unavailable,
        family.program +
            " accepted the rules around agents, but they do not stand: something else "
            "rewrites the host's firewall at this moment");
  }
  family.confirmed = own_chains(family.plan, after);
}

FirewallListing HostFirewall::list(const Family& family) const {
  return parse_listing(run(family.program, {family.program, "-w", lock_wait_s, "-S"}, {}).output);
}

void HostFirewall::restore(const Family& family, const std::string& script) const {
  const auto program = family.program + "-restore";
  run(program, {program, "-w", lock_wait_s, "--noflush"}, script);
}

void HostFirewall::set_state(bool in_force, std::string reason) {
  const std::lock_guard lock(state_mutex_);
  in_force_ = in_force;
  reason_ = std::move(reason);
}

}  // namespace mosaic
