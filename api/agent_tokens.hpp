// Whether somebody is the agent that they say they are, by the token of its row.
//
// Thread-safety: every member may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/agent.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic {

class AgentTokens {
 public:
  // What is shown: the token, or what follows from it (secrets/egress_credential.hpp).
  enum class Form : std::uint8_t { token, egress_secret };

  explicit AgentTokens(const SecretBox& secrets);

  // Always decrypts and compares once, whatever is missing. A row that is being deleted has no token.
  bool matches(const std::optional<AgentRow>& row, std::string_view presented, Form form) const;

 private:
  const SecretBox& secrets_;
  const std::string decoy_;
};

}  // namespace mosaic
