// One call of an agent to a model provider in our words, and what of the provider's answer goes back.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/gateway/response_head.hpp"
#include "api/http_message.hpp"
#include "api/provider_proxy/provider_desk.hpp"
#include "http/outbound_guard.hpp"

namespace mosaic {

// Beneath the base URL and nowhere else: nothing for a path with empty or dot segments, or with encoded slashes, which
// somebody could read otherwise. `path` and `query` as they were sent, without "/" and "?" before them.
std::optional<OutboundUrl> provider_call_url(std::string_view base_url, std::string_view path,
                                             std::string_view query);

// With the provider's key in its place, and nothing that the agent showed us or that is meant for one hop only.
std::string provider_call_head(const Request& request, const ProviderGrant& grant);

// The body has no length that is known beforehand.
bool comes_in_chunks(const Request& request);

// The head of what the agent is answered; why not, when the provider's is none that may be passed on.
std::optional<Response> provider_answer_head(const ResponseHead& answer, std::string_view key);

}  // namespace mosaic
