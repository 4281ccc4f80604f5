#include "api/model_choices.hpp"

#include <algorithm>
#include <set>

#include "agent_config/model_reference.hpp"
#include "api/provider_input.hpp"

namespace mosaic {
namespace {

std::string some_names(const std::vector<ProviderEntry>& entries) {
  std::string names;
  int count = 0;
  for (const auto& entry : entries) {
    for (const auto& model : entry.models) {
      if (entry.problem || ++count > 5) continue;
      names += (names.empty() ? "" : ", ") + entry.name + "/" + model.id;
    }
  }
  return names;
}

}  // namespace

ModelChoices::ModelChoices(const std::vector<ProviderRow>& providers, std::string provider_id,
                           const SecretBox& secrets)
    : provider_id_(std::move(provider_id)) {
  std::vector<ProviderRow> active;
  std::map<std::string, std::string> keys;
  for (const auto& provider : providers) {
    if (!provider.active) continue;
    active.push_back(provider);
    if (auto key = plain_key(provider, secrets)) keys[provider.id] = std::move(*key);
  }
  entries_ = make_provider_entries(active, keys);
}

std::optional<std::string> ModelChoices::complaint(const std::string& reference) const {
  const auto fallback = default_provider(entries_, provider_id_);
  if (!fallback) return "be a model of an active provider, and there is none; add a provider first";
  const auto choice = resolve_model(entries_, *fallback, reference);
  if (!choice) {
    const auto names = some_names(entries_);
    return "be a model of an active provider, written as PROVIDER/MODEL" +
           (names.empty() ? std::string() : ", for example " + names);
  }
  const auto& entry = entries_[choice->provider];
  if (entry.problem) return "wait until its provider is complete: " + *entry.problem;
  const bool listed =
      entry.models.empty() || std::any_of(entry.models.begin(), entry.models.end(),
                                          [&](const auto& m) { return m.id == choice->model_id; });
  if (!listed) {
    return "be one of the models that the provider " + entry.name +
           " lists; add it to that list or choose one of " + some_names({entry});
  }
  return std::nullopt;
}

std::optional<std::string> ModelChoices::complaint_about_provider() const {
  const bool known = provider_id_.empty() ||
                     std::any_of(entries_.begin(), entries_.end(),
                                 [&](const auto& entry) { return entry.row_id == provider_id_; });
  if (known) return std::nullopt;
  return "be the id of one of the active providers; GET /api/providers lists them";
}

std::vector<std::string> ModelChoices::references() const {
  // Of two providers of one name the first is meant, so the other's models may not be had that way.
  std::set<std::string> seen;
  std::vector<std::string> references;
  for (const auto& entry : entries_) {
    for (const auto& model : entry.models) {
      auto reference = entry.name + "/" + model.id;
      if (seen.insert(reference).second && !complaint(reference))
        references.push_back(std::move(reference));
    }
  }
  return references;
}

}  // namespace mosaic
