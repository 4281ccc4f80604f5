// The recorded fingerprint of a configuration, as it stands in the row's "configHash":
// "<boot part>.<live part>". The boot part needs a new process when it differs, the live part does
// not (agent_config/change_effect.hpp).
//
// From the start of a process until it has read its configuration there is an "@<version>" behind it:
// the settings were that, at this version (AgentConfigSource::version), before it could read them.
// What it has read is that, too, if they are still at that version once it has; the same settings at
// another version may be what was changed back meanwhile.
//
// While a reload is under way, or may have happened, the live part is "?N": nobody knows which
// configuration the process has, and N reloads have failed. It goes on record before the reload,
// so that one whose answer or whose controller was lost is repeated even when the settings have
// been changed back meanwhile. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

std::string join_config_hash(std::string_view boot, std::string_view live);

bool same_boot_part(std::string_view one, std::string_view other);

// Of a process that is about to start, while the settings ask for `wanted`.
std::string unread_config_hash(std::string_view wanted, std::string_view version);
bool is_unread(std::string_view recorded);
// Whether a process of which this is on record has, or will have read, what the settings ask for now.
bool is_current(std::string_view recorded, std::string_view wanted, std::string_view version);

// `recorded` with its live part in doubt after so many failed reloads.
std::string doubtful_config_hash(std::string_view recorded, int failed_reloads);
// Nothing when the live part is known.
std::optional<int> failed_reloads(std::string_view recorded);

}  // namespace mosaic
