#include "api/auth/set_up_token.hpp"

#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Values = std::map<std::string, ConfigValue>;

std::string value_of(const Values& values, const char* key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second.value;
}

bool is_completed(const Values& values) { return value_of(values, set_up_completed_key) == "true"; }

}  // namespace

bool set_up_completed(SettingsStore& settings) {
  return is_completed(settings.read_config("onboarding."));
}

std::optional<std::string> renew_set_up_token(SettingsStore& settings) {
  if (set_up_completed(settings)) return std::nullopt;
  auto token = generate_token();
  settings.write_config({{set_up_token_hash_key, ConfigValue{sha256_hex(token), false}}});
  return token;
}

std::optional<std::string> make_set_up_token(SettingsStore& settings) {
  const auto values = settings.read_config("onboarding.");
  if (is_completed(values) || !value_of(values, set_up_token_hash_key).empty()) return std::nullopt;
  auto token = renew_set_up_token(settings);
  // Of two processes that start at the same time, the one whose token is not in force says nothing of it.
  if (!token || check_set_up_token(settings, *token) != SetUpProof::right) return std::nullopt;
  return token;
}

SetUpProof check_set_up_token(SettingsStore& settings, std::string_view presented) {
  const auto values = settings.read_config("onboarding.");
  if (is_completed(values)) return SetUpProof::completed;
  const auto hash = value_of(values, set_up_token_hash_key);
  const bool right = !hash.empty() && constant_time_equal(sha256_hex(presented), hash);
  return right ? SetUpProof::right : SetUpProof::wrong;
}

}  // namespace mosaic
