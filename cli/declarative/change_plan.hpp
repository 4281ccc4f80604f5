// What would have to happen so that the fleet is as the manifests say.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/declarative/declared_fleet.hpp"

namespace mosaic::cli {

struct Change {
  enum class Action : std::uint8_t { unchanged, create, update, relabel, remove };

  Action action = Action::unchanged;
  manifest::Resource wanted;       // of a removal: what is there
  std::optional<Present> present;  // nothing: it is to be made
};

// In the order in which they are to be done: what is made or changed as kinds depend on each other, what is removed the
// other way round, after all else. `prune`: labels of what goes although no manifest names it; nothing: all of it stays.
std::vector<Change> plan_changes(const std::vector<manifest::Resource>& wanted,
                                 const std::vector<Present>& present,
                                 const std::optional<manifest::Labels>& prune);

// "- memoryMb: 1024" and "+ memoryMb: 2048" for each field that differs; without secrets, of which none is known.
std::vector<std::string> differences(const Change& change);

}  // namespace mosaic::cli
