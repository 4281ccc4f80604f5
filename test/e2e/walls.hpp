// What `mosaic doctor --probe` finds out about the walls of a fleet.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {

// `egress`: what the fleet was started with. The finding: "state", "message", "remedy".
inline nlohmann::json walls_by_doctor(Fleet& fleet, const std::string& egress) {
  const auto doctor = fleet.run_mosaic(
      {"doctor", "--probe", "-o", "json", "--agent-image", instant_image(), "--agent-listen",
       "0.0.0.0:" + fleet.agent_api(), "--agent-subnets", fleet.subnets(), "--agent-egress", egress,
       "--egress-listen", "0.0.0.0:" + std::to_string(fleet.egress_port())});
  for (const auto& finding : nlohmann::json::parse(doctor.out)) {
    if (finding.at("check") == "walls") return finding;
  }
  throw std::runtime_error("nothing about the walls: " + doctor.out + doctor.err);
}

}  // namespace mosaic::e2e
