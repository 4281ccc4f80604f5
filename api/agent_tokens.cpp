#include "api/agent_tokens.hpp"

#include "secrets/egress_credential.hpp"
#include "secrets/token.hpp"

namespace mosaic {

AgentTokens::AgentTokens(const SecretBox& secrets)
    : secrets_(secrets), decoy_(secrets.encrypt(generate_token())) {}

bool AgentTokens::matches(const std::optional<AgentRow>& row, std::string_view presented,
                          Form form) const {
  const bool eligible =
      row && !row->deletion_requested_at && SecretBox::is_encrypted(row->gateway_token);
  std::string token;
  try {
    token = secrets_.decrypt(eligible ? row->gateway_token : decoy_);
  } catch (const DecryptError&) {
    token.clear();  // a token that nobody can have
  }
  const auto expected = form == Form::token ? token : egress_secret(token);
  // Digests are of one length, so that the comparison says nothing about the token's.
  const bool equal = constant_time_equal(sha256_hex(expected), sha256_hex(presented));
  return eligible && !token.empty() && equal;
}

}  // namespace mosaic
