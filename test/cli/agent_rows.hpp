// Rows for the tests of the command line.
#pragma once

#include <string>

#include "model/agent.hpp"

namespace mosaic::cli {

inline TimePoint test_time() { return TimePoint(std::chrono::milliseconds(1'750'000'000'000)); }

inline AgentRow user_row(const std::string& id, const std::string& owner) {
  AgentRow row;
  row.key = ResourceKey{ResourceKind::user_container, id};
  row.owner = owner;
  row.container_name = "mosaic-user-" + owner;
  row.gateway_token = "enc:SENTINEL-TOKEN";
  return row;
}

inline AgentRow system_row(const std::string& id, const std::string& name) {
  AgentRow row;
  row.key = ResourceKey{ResourceKind::system_container, id};
  row.owner = name;
  row.container_name = name;
  row.role = "research";
  row.gateway_token = "enc:SENTINEL-TOKEN";
  return row;
}

}  // namespace mosaic::cli
