#include "agent_config/model_reference.hpp"

#include <algorithm>

namespace mosaic {
namespace {

bool lists_model(const ProviderEntry& entry, std::string_view id) {
  return std::any_of(entry.models.begin(), entry.models.end(),
                     [&](const ModelEntry& model) { return model.id == id; });
}

// Names may contain slashes themselves, so the longest name that fits is meant.
std::optional<std::size_t> provider_by_name(const std::vector<ProviderEntry>& entries,
                                            std::string_view reference) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& name = entries[i].name;
    const bool fits = !name.empty() && reference.size() > name.size() &&
                      reference.starts_with(name) && reference[name.size()] == '/';
    if (fits && (!best || name.size() > entries[*best].name.size())) best = i;
  }
  return best;
}

std::optional<std::size_t> provider_by_type(const std::vector<ProviderEntry>& entries,
                                            std::string_view type) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].type != type) continue;
    if (!entries[i].problem) return i;
    if (!found) found = i;
  }
  return found;
}

// "model@20250101" is a version; every other "@" begins the name of a sign-in.
bool is_version_date(std::string_view text) {
  return text.size() == 8 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<ModelChoice> choice(std::size_t provider, std::string_view model_id) {
  if (!usable_model_id(model_id)) return std::nullopt;
  return ModelChoice{provider, std::string(model_id)};
}

}  // namespace

std::optional<std::size_t> default_provider(const std::vector<ProviderEntry>& entries,
                                            const std::string& provider_id) {
  if (entries.empty()) return std::nullopt;
  const auto index_of = [&](auto found) {
    return static_cast<std::size_t>(found - entries.begin());
  };
  const auto named = std::find_if(entries.begin(), entries.end(), [&](const ProviderEntry& entry) {
    return !provider_id.empty() && entry.row_id == provider_id;
  });
  if (named != entries.end()) return index_of(named);
  const auto usable = std::find_if(entries.begin(), entries.end(),
                                   [](const auto& entry) { return !entry.problem; });
  return usable == entries.end() ? 0 : index_of(usable);
}

std::optional<ModelChoice> resolve_model(const std::vector<ProviderEntry>& entries,
                                         std::size_t fallback_provider,
                                         std::string_view reference) {
  if (const auto named = provider_by_name(entries, reference)) {
    return choice(*named, reference.substr(entries[*named].name.size() + 1));
  }
  const auto slash = reference.find('/');
  if (slash == std::string_view::npos) return choice(fallback_provider, reference);
  if (const auto typed = provider_by_type(entries, reference.substr(0, slash))) {
    return choice(*typed, reference.substr(slash + 1));
  }
  // Ids of aggregators have slashes too ("meta-llama/llama-3").
  if (lists_model(entries[fallback_provider], reference))
    return choice(fallback_provider, reference);
  return std::nullopt;
}

bool usable_model_id(std::string_view id) {
  if (id.empty() || id.size() > 256 || id.front() == ' ' || id.back() == ' ' || id.front() == '/' ||
      id.back() == '/') {
    return false;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(id.begin(), id.end(), is_control)) return false;
  const auto slash = id.rfind('/');
  const auto last = slash == std::string_view::npos ? id : id.substr(slash + 1);
  const auto at = last.find('@');
  return at == std::string_view::npos || is_version_date(last.substr(at + 1));
}

}  // namespace mosaic
