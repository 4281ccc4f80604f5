// Which models may be chosen: those of the chooser's active, complete providers.
//
// A plain value after construction; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent_config/provider_entry.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic {

class ModelChoices {
 public:
  // `providers`: all that the agent may use, in the store's order; inactive ones count for nothing. `provider_id`: the
  // default one; empty: the first that is complete.
  ModelChoices(const std::vector<ProviderRow>& providers, std::string provider_id,
               const SecretBox& secrets);

  // Completes "must …"; nothing when the agent could use it.
  std::optional<std::string> complaint(const std::string& reference) const;
  std::optional<std::string> complaint_about_provider() const;
  // Every reference PROVIDER/MODEL to a listed model that there is no complaint about, each once.
  std::vector<std::string> references() const;

 private:
  std::vector<ProviderEntry> entries_;
  std::string provider_id_;
};

}  // namespace mosaic
