// The one-time token that proves that whoever sets a new installation up can read its output: nobody on the network can
// take the first admin's place.
//
// Safe from any thread and from several processes. Only the token's SHA-256 is stored ("onboarding.tokenHash"); it is
// good until set-up is completed ("onboarding.completed" is "true"). Throws StoreError.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/settings_store.hpp"

namespace mosaic {

inline constexpr std::string_view set_up_token_field = "x-mosaic-setup-token";
inline constexpr const char* set_up_completed_key = "onboarding.completed";
inline constexpr const char* set_up_token_hash_key = "onboarding.tokenHash";

bool set_up_completed(SettingsStore& settings);

// At start: a new token, to be printed once; nothing when set-up is completed or a token stands already.
std::optional<std::string> make_set_up_token(SettingsStore& settings);
// In place of one that was lost, which is good for nothing from then on; nothing when set-up is completed.
std::optional<std::string> renew_set_up_token(SettingsStore& settings);

enum class SetUpProof : std::uint8_t { right, wrong, completed };
SetUpProof check_set_up_token(SettingsStore& settings, std::string_view presented);

}  // namespace mosaic
