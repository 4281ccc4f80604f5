#include "agent_config/change_effect.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace mosaic {
namespace {

using Json = nlohmann::json;

// Everything that openclaw.json can differ in by what stands in the rows, tried on a running
// gateway (test/e2e/openclaw_test.cpp). A whole section by its name, or one key of one.
constexpr std::array<const char*, 4> live_places{"/models/providers", "/agents/defaults/model",
                                                 "/tools/profile", "/tools/alsoAllow"};

void add(std::string& material, std::string_view name, std::string_view content) {
  material +=
      std::string(name) + " " + std::to_string(content.size()) + "\n" + std::string(content) + "\n";
}

// Takes the live places out of the document; what is left decides whether a restart is needed.
Json take_live(Json& document) {
  auto live = Json::object();
  for (const char* place : live_places) {
    const Json::json_pointer pointer(place);
    if (!document.contains(pointer)) continue;
    live[place] = std::exchange(document[pointer], Json());
  }
  return live;
}

}  // namespace

ConfigMaterial config_material(const RenderedConfig& config) {
  auto boot = Json::parse(config.openclaw_json);
  const auto live = take_live(boot);
  ConfigMaterial material{"mosaic.agent-config.boot.v2\n", "mosaic.agent-config.live.v2\n"};
  add(material.boot, "openclaw.json", boot.dump());
  add(material.boot, "AGENTS.md", config.agents_md);
  add(material.boot, "IDENTITY.md", config.identity_md);
  add(material.live, "openclaw.json", live.dump());
  add(material.live, "SOUL.md", config.soul_md);
  return material;
}

ChangeEffect change_effect(const RenderedConfig& running, const RenderedConfig& wanted) {
  if (wanted.problem) return ChangeEffect::none;
  if (running.problem) return ChangeEffect::restart;
  const auto before = config_material(running);
  const auto after = config_material(wanted);
  if (before.boot != after.boot) return ChangeEffect::restart;
  return before.live == after.live ? ChangeEffect::none : ChangeEffect::reload;
}

std::string_view to_string(ChangeEffect effect) {
  switch (effect) {
    case ChangeEffect::none:
      return "none";
    case ChangeEffect::reload:
      return "reload";
    case ChangeEffect::restart:
      return "restart";
  }
  return "restart";
}

}  // namespace mosaic
