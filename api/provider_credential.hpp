// In which field of a request each kind of provider expects its API key: the one place that decides it, for our own questions
// and for those of agents that we pass on.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http_message.hpp"

namespace mosaic {

// `api`: as provider_entry.hpp has it. {"Authorization", "Bearer KEY"}, {"x-api-key", "KEY"} …
std::pair<std::string, std::string> provider_credential(std::string_view api,
                                                        const std::string& key);

// Whether a provider of any kind could take that field for a credential.
bool is_credential_field(std::string_view lower_case_name);

// What a client of any kind shows as its key; empty when it shows none, or several.
std::string_view shown_key(const std::vector<HttpField>& fields);

}  // namespace mosaic
