#include "reconcilers/fingerprints.hpp"

#include <map>

#include "agent_config/change_effect.hpp"
#include "agent_config/rendered_config.hpp"
#include "reconcilers/config_hash.hpp"

namespace mosaic {

std::string image_of(const AgentRow& row, const FleetSettings& settings) {
  return row.image.empty() ? settings.image : row.image;
}

ResourceLimits limits_of(const AgentRow& row, const FleetSettings& settings) {
  ResourceLimits limits = settings.limits;
  if (row.memory_mb) limits.memory_mb = *row.memory_mb;
  if (row.cpu_milli) limits.cpu_milli = *row.cpu_milli;
  return limits;
}

AgentIdentity identity_of(const AgentRow& row, const std::string& instance) {
  return AgentIdentity{instance, row.key, row.owner, row.container_name};
}

Fingerprints::Wanted Fingerprints::of(const AgentRow& row,
                                      const std::optional<AgentConfigSource>& source,
                                      const FleetSettings& settings,
                                      const std::string& template_fingerprint,
                                      bool swap_allowed) const {
  Wanted wanted;
  AgentSpec& spec = wanted.spec;
  spec.identity = identity_of(row, instance_);
  spec.image = image_of(row, settings);
  spec.limits = limits_of(row, settings);
  spec.swap_allowed = swap_allowed;
  try {
    spec.gateway_token = box_.decrypt(row.wanted_gateway_token());
  } catch (const DecryptError&) {
    wanted.fingerprints.problem =
        "its gatewayToken cannot be decrypted with this MOSAIC_SECRET_KEY; store one that was "
        "encrypted with it";
  }
  // Separated by a byte that occurs in none of the parts.
  std::string material = "spec-v1";
  for (const auto& part :
       {spec.image, std::to_string(spec.limits.memory_mb), std::to_string(spec.limits.cpu_milli),
        std::to_string(spec.limits.pids), std::string(swap_allowed ? "swap" : "no-swap"),
        spec.gateway_token, template_fingerprint, host_name(spec.identity),
        spec.identity.container_name}) {
    material += '\0' + part;
  }
  spec.spec_hash = box_.fingerprint(material).substr(0, 32);
  wanted.fingerprints.spec = spec.spec_hash;
  if (!source) {
    wanted.fingerprints.problem = "its row went away while it was read";
  } else if (wanted.fingerprints.problem.empty()) {
    wanted.fingerprints.version = source->version;
    wanted.fingerprints.config = config_fingerprint(*source, settings, wanted.fingerprints.problem);
  }
  return wanted;
}

std::string Fingerprints::config_fingerprint(const AgentConfigSource& source,
                                             const FleetSettings& settings,
                                             std::string& problem) const {
  std::map<std::string, std::string> keys;
  for (const auto& provider : source.providers) {
    if (provider.api_key.empty()) continue;
    try {
      keys[provider.id] = box_.decrypt(provider.api_key);
    } catch (const DecryptError&) {
      // Left out, as the configuration endpoint leaves it out: it is a problem only for the
      // provider that the agent's model needs, and the renderer says so.
      continue;
    }
  }
  const RenderedConfig config = render_agent_config(source, keys, render_settings_of(settings));
  if (config.problem) {
    problem = *config.problem;
    return {};
  }
  const ConfigMaterial material = config_material(config);
  return join_config_hash(box_.fingerprint(material.boot).substr(0, 32),
                          box_.fingerprint(material.live).substr(0, 32));
}

}  // namespace mosaic
