// One row of "LlmProvider", checked and in OpenClaw's words: an entry of models.providers.
//
// Pure functions over plain values. An entry is either usable, or has a problem that says what to
// do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/agent.hpp"

namespace mosaic {

struct ModelEntry {
  std::string id;
  std::string name;
  std::optional<std::int64_t> context_window;
  std::optional<std::int64_t> max_tokens;
};

struct ProviderEntry {
  std::string row_id;
  std::string name;  // as the user knows it
  std::string type;  // zai, openai, anthropic, ollama, custom
  std::string key;   // its name in openclaw.json: [a-z0-9-], unique
  std::string base_url;
  std::string api;      // a value of OpenClaw's `api` enum
  std::string api_key;  // plaintext, or a placeholder where the type needs none
  std::vector<ModelEntry> models;
  std::optional<std::string> problem;
  std::string problem_field;  // of the API's provider: type, apiType, baseUrl, apiKey or models
};

// One entry per row, in the rows' order.
std::vector<ProviderEntry> make_provider_entries(
    const std::vector<ProviderRow>& rows, const std::map<std::string, std::string>& provider_keys);

}  // namespace mosaic
