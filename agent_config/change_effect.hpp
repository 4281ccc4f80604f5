// What a change of configuration asks of an agent that is running: nothing, that it reads its
// configuration again, or a new process.
//
// Pure, safe from any thread. OpenClaw watches its configuration file and applies most of it while
// it runs (measured, docs/ARCHITECTURE.md); what is not listed as live in the source is a restart,
// so that a key which nobody has tried can never be applied by half. Workspace files: SOUL.md is
// read at every turn, hence live; the others are only put in place at boot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent_config/rendered_config.hpp"

namespace mosaic {

enum class ChangeEffect : std::uint8_t {
  none,     // both are the same to the agent
  reload,   // applied while it runs; open streams and running turns are not touched
  restart,  // a new process, after running turns have ended
};
std::string_view to_string(ChangeEffect effect);  // "none", "reload", "restart"

// `running`: what the agent has now. A wanted configuration with a problem changes nothing: the
// agent goes on with the one it has. One that had a problem needs a new process, if it has any.
ChangeEffect change_effect(const RenderedConfig& running, const RenderedConfig& wanted);

// All that makes two configurations different, as two texts: what needs a new process, and what
// does not. Their keyed fingerprints are the two parts of the config hash. They contain secrets;
// never stored or logged. Only for configurations without a problem.
struct ConfigMaterial {
  std::string boot;
  std::string live;
};
ConfigMaterial config_material(const RenderedConfig& config);

}  // namespace mosaic
