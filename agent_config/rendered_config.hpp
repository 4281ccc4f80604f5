// From rows to what one agent's container boots with: a complete openclaw.json that the gateway
// accepts as it is, and the workspace files that make up its character.
//
// Pure functions, safe from any thread: the same rows give the same bytes. OpenClaw refuses a
// configuration with any unknown key (exit 78), so what cannot be rendered correctly is a
// `problem`, never a guess. No problem and no warning contains an API key. The rendered text
// contains provider keys, unless these are injected, and is therefore a secret as a whole; the gateway's own token is not
// in it (the container has it in its environment).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/agent.hpp"
#include "model/fleet_settings.hpp"

namespace mosaic {

// Where agents ask for providers whose keys are injected: PREFIX/{user|system}/{id}/{key of the entry}/… on the address that
// they fetch their configuration from.
inline constexpr std::string_view provider_proxy_prefix = "/api/internal/providers";

struct RenderSettings {
  std::string tool_profile = "minimal";            // minimal, coding, messaging or full
  std::string workspace = "/home/node/workspace";  // where the container has the workspace files
  // injected: the agent asks us for every provider, and shows its own token instead of a key.
  ProviderKeys provider_keys = ProviderKeys::delivered;
};

// What the fleet's settings say of every agent's configuration.
RenderSettings render_settings_of(const FleetSettings& fleet);

struct RenderedConfig {
  std::string openclaw_json;  // empty when there is a problem
  std::string soul_md;
  std::string agents_md;
  std::string identity_md;
  std::string primary_model;  // "<provider key>/<model id>", as openclaw.json names it
  // Why the agent cannot run, and what to do about it, in one sentence for people.
  std::optional<std::string> problem;
  // What was left out without keeping the agent from running: one sentence each.
  std::vector<std::string> warnings;
};

// `provider_keys`: provider row id -> plaintext API key. Absent when the row has none; absent for a
// row that has one says that it could not be decrypted.
RenderedConfig render_agent_config(const AgentConfigSource& source,
                                   const std::map<std::string, std::string>& provider_keys,
                                   const RenderSettings& settings);

// A ustar archive of openclaw.json (mode 0600), workspace/SOUL.md, workspace/AGENTS.md and
// workspace/IDENTITY.md. Deterministic. Only for a configuration without a problem.
std::string to_tar(const RenderedConfig& config);

}  // namespace mosaic
