// What the rows call a model ("my-zai/glm-5", "zai/glm-5" or just "glm-5"), and which entry that
// means.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_config/provider_entry.hpp"

namespace mosaic {

struct ModelChoice {
  std::size_t provider = 0;  // index into the entries
  std::string model_id;
};

// Index of the default provider: the one with `provider_id`, else the first usable one, else the
// first. Nothing only when there are no entries.
std::optional<std::size_t> default_provider(const std::vector<ProviderEntry>& entries,
                                            const std::string& provider_id);

// "X/model": X is a provider's name, else a type, whose first usable provider is meant. A reference
// without either is a model of `fallback_provider`. Nothing for an X that is neither, or an empty
// or unusable model id.
std::optional<ModelChoice> resolve_model(const std::vector<ProviderEntry>& entries,
                                         std::size_t fallback_provider, std::string_view reference);

// False for an id that OpenClaw would read as something else ("model@profile" names a sign-in of
// its own).
bool usable_model_id(std::string_view id);

}  // namespace mosaic
