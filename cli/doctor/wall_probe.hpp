// Tries the walls from where an agent stands: a container of our own in an agent's place, on a network made for it, that
// tries what no agent may reach, and, where the way out is the egress proxy, whether that answers and leads nobody there
// who has no agent's credential. Sets no rule: what is judged is what stands. Removes what it made.
//
// Thread-safety: blocks its caller for some seconds, little more than a minute at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/finding.hpp"
#include "cli/settings.hpp"

namespace mosaic::cli {

struct ForbiddenPlace {
  std::string target;  // "10.1.2.3:80"; "bridge:80" is the host as the agent's own bridge has it
  std::string name;    // for people
};

// What the container's exit code says about them. `code` as of the script in wall_probe.cpp; `proxied`: it has also asked the
// egress proxy for these places.
Finding judge_walls(int code, const std::vector<ForbiddenPlace>& places, bool proxied);

// `image`: has a shell, and node or nc, as every agent's image has.
Finding probe_walls(const Settings& settings, const std::string& instance,
                    const std::string& image);

}  // namespace mosaic::cli
