// What the rows ask for, condensed into two fingerprints that can be compared with a container: one
// of everything fixed when it is created, one of the configuration that it fetches at boot. Keyed
// (SecretBox::fingerprint), so that neither tells anything about the secrets that went into it.
//
// Thread-safety: const after construction, safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "model/agent.hpp"
#include "model/fleet_settings.hpp"
#include "model/naming.hpp"
#include "reconcilers/agent_plan.hpp"
#include "runtime/runtime_driver.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic {

// The row's own value, or the fleet's.
std::string image_of(const AgentRow& row, const FleetSettings& settings);
ResourceLimits limits_of(const AgentRow& row, const FleetSettings& settings);
AgentIdentity identity_of(const AgentRow& row, const std::string& instance);

class Fingerprints {
 public:
  Fingerprints(const SecretBox& box, std::string instance)
      : box_(box), instance_(std::move(instance)) {}

  struct Wanted {
    AgentSpec spec;  // ready for RuntimeDriver::create_container
    WantedFingerprints fingerprints;
  };
  // Never throws for anything that stands in the rows: what cannot be decrypted or rendered becomes
  // `fingerprints.problem`.
  Wanted of(const AgentRow& row, const std::optional<AgentConfigSource>& source,
            const FleetSettings& settings, const std::string& template_fingerprint,
            bool swap_allowed) const;

 private:
  std::string config_fingerprint(const AgentConfigSource& source, const FleetSettings& settings,
                                 std::string& problem) const;

  const SecretBox& box_;
  const std::string instance_;
};

}  // namespace mosaic
