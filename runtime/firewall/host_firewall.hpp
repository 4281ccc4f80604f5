// HostIsolation with iptables on the engine's own host. See firewall_rules.hpp for the rules.
//
// Thread-safety: every method may be called from any thread; ensure() runs one at a time. The rules outlive the
// object on purpose: agents go on running when the controller ends. remove_rules() takes them away.
#pragma once

#include <mutex>
#include <string>

#include "runtime/docker/host_isolation.hpp"
#include "runtime/firewall/firewall_rules.hpp"

namespace mosaic {

class HostFirewall final : public HostIsolation {
 public:
  // Throws std::invalid_argument when the settings cannot be made into rules; changes nothing yet. `engine_url` tells
  // whether the engine's containers are behind this host's firewall.
  HostFirewall(FirewallSettings settings, std::string engine_url);

  void ensure() override;
  bool in_force() const override;
  std::string reason() const override;

  // For the end of an installation and for tests: no agent may be running. Throws EngineError when it cannot.
  void remove_rules();

 private:
  enum class Possible : std::uint8_t { unknown, yes, no };

  // One address family: its programs, what should stand, and what was read back after it was last set.
  struct Family {
    std::string program;
    FirewallPlan plan;
    FirewallListing confirmed;
  };

  // All below: the ensure lock is held.
  bool find_out();
  void ensure_family(Family& family);
  FirewallListing list(const Family& family) const;
  void restore(const Family& family, const std::string& script) const;
  void set_state(bool in_force, std::string reason);

  const std::string engine_url_;
  const bool has_ipv6_;
  std::mutex ensure_mutex_;
  Possible possible_ = Possible::unknown;
  Family ipv4_;
  Family ipv6_;

  mutable std::mutex state_mutex_;
  bool in_force_ = false;
  std::string reason_ = "the firewall has not been set yet";
};

}  // namespace mosaic
