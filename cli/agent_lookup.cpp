#include "cli/agent_lookup.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "cli/failure.hpp"

namespace mosaic::cli {
namespace {

// How well a row fits; smaller is better.
enum class Match : std::uint8_t { id, owner, container_name, none };

Match match(const AgentRow& row, const std::string& name) {
  if (row.key.name == name) return Match::id;
  if (row.owner == name) return Match::owner;
  if (row.container_name == name) return Match::container_name;
  return Match::none;
}

}  // namespace

ResourceKind parse_agent_kind(const std::string& word) {
  if (word == "user" || word == "users") return ResourceKind::user_container;
  if (word == "system" || word == "systems") return ResourceKind::system_container;
  throw UsageError("'" + word.substr(0, 100) + "' is neither user nor system");
}

AgentRow find_agent_row(AgentReader& rows, ResourceKind kind, const std::string& name) {
  if (auto row = rows.find_agent(ResourceKey{kind, name})) return *row;
  std::optional<AgentRow> best;
  Match best_match = Match::none;
  rows.for_each_agent([&](AgentRow&& row) {
    if (row.key.kind != kind) return;
    const Match found = match(row, name);
    if (found >= best_match) return;
    best_match = found;
    best = std::move(row);
  });
  if (best) return *best;
  const bool user = kind == ResourceKind::user_container;
  throw NotFoundError(std::string("there is no ") + (user ? "user" : "system") + " agent '" +
                      name.substr(0, 100) + "'; see mosaic get " + (user ? "users" : "systems"));
}

std::vector<AgentRow> list_agent_rows(AgentReader& rows, ResourceKind kind) {
  std::vector<AgentRow> list;
  rows.for_each_agent([&](AgentRow&& row) {
    if (row.key.kind == kind) list.push_back(std::move(row));
  });
  std::sort(list.begin(), list.end(), [](const AgentRow& left, const AgentRow& right) {
    return std::tie(left.owner, left.key.name) < std::tie(right.owner, right.key.name);
  });
  return list;
}

}  // namespace mosaic::cli
