// A table of configurations that must be accepted by a real gateway: every provider type, several
// providers, odd characters, fallbacks. The golden files hold what they render to; the openclaw
// tests hand them to OpenClaw itself.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "agent_config/rendered_config.hpp"

namespace mosaic::test {

struct ConfigCase {
  std::string name;
  AgentConfigSource source;
  std::map<std::string, std::string> keys;
  RenderSettings settings;
};

// For GoogleTest's messages.
inline void PrintTo(const ConfigCase& row, std::ostream* stream) { *stream << row.name; }

AgentConfigSource user_source();
ProviderRow provider(const std::string& name, const std::string& type,
                     const std::string& models_json = "[]");
std::vector<ConfigCase> accepted_cases();

}  // namespace mosaic::test
