// What may be written about a provider: one reader for creating, updating and testing, so that an update can do
// nothing that a creation could not.
//
// Pure but for the encryption of a new key; one request, one thread.
#pragma once

#include <optional>
#include <string>

#include "agent_config/provider_entry.hpp"
#include "api/json_body.hpp"
#include "model/agent.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic {

struct ProviderInput {
  ProviderRow row;      // complete, but for id and owner of a new one
  std::string api_key;  // plain: the new one, or the stored one where it stays; empty: none
  ProviderEntry entry;  // as OpenClaw would have it
};

// Reads and judges every field; what is wrong becomes a complaint of `body`. `present`: the row that would be replaced.
// Its key stays only while type and address do: a key is never sent where its owner did not mean it to go.
ProviderInput read_provider(JsonBody& body, const ProviderRow* present, const SecretBox& secrets);

// For a test of what is not saved yet: type, baseUrl, apiType and apiKey only.
ProviderInput read_unsaved_provider(JsonBody& body, const SecretBox& secrets);

// The stored key in plain; nothing when there is none or it cannot be decrypted.
std::optional<std::string> plain_key(const ProviderRow& row, const SecretBox& secrets);

}  // namespace mosaic
