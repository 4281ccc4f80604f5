#include "api/agent_callers.hpp"

#include <string>
#include <utility>

namespace mosaic {
namespace {

constexpr std::size_t max_id_bytes = 256;

}  // namespace

// Never empty: a key that names no row costs the same look-up as one that does.
std::vector<ResourceKey> AgentCallers::candidates(const Request& request) const {
  const auto id = request.parameters.find("id");
  const bool plausible = id != request.parameters.end() && id->second.size() <= max_id_bytes &&
                         id->second.find('\0') == std::string::npos;
  const std::string row_id = plausible ? id->second : std::string("none");
  const ResourceKey nobody(ResourceKind::user_container, row_id);
  const auto kind_word = request.parameters.find("kind");
  if (kind_word == request.parameters.end()) {
    auto keys = agents_.find_keys(row_id);
    if (keys.empty()) keys.push_back(nobody);
    return keys;
  }
  const auto kind = parse_resource_kind(kind_word->second);
  const bool known = kind == ResourceKind::user_container || kind == ResourceKind::system_container;
  return {known ? ResourceKey(*kind, row_id) : ResourceKey(ResourceKind::orphan, row_id)};
}

std::optional<AgentRow> AgentCallers::identify(const Request& request,
                                               std::string_view token) const {
  std::optional<AgentRow> authenticated;
  for (const auto& key : candidates(request)) {
    // No row is ever of the kind "orphan", but its look-up must cost what the others cost.
    const bool possible = key.kind != ResourceKind::orphan;
    auto row =
        agents_.find_agent(possible ? key : ResourceKey(ResourceKind::user_container, key.name));
    if (tokens_.matches(row, token, AgentTokens::Form::token) && possible)
      authenticated = std::move(row);
  }
  return authenticated;
}

}  // namespace mosaic
