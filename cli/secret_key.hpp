// Where MOSAIC_SECRET_KEY comes from: the environment, or for an embedded database a key file that
// is generated once. While the key is rotated there are two, of the environment or as files.
//
// The file is made in one step with mode 0600 and refused when anybody else could read it. Errors:
// CommandError, one line that says what to do and never holds the key.
#pragma once

#include <filesystem>
#include <string>

#include "cli/settings.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic::cli {

std::filesystem::path secret_key_file(const std::filesystem::path& data_dir);

// The key file's content; nothing is generated. Throws when there is none.
std::string read_secret_key_file(const std::filesystem::path& file);
// Likewise, generating it when it is missing. Two processes that do so at once agree on one key.
std::string read_or_create_secret_key_file(const std::filesystem::path& file);

// The key that a rotation goes to, beside the one in force.
std::filesystem::path next_secret_key_file(const std::filesystem::path& data_dir);
// The next key becomes the key file, in one step; the one before is kept under the name that is
// returned, since backups made until then open with it only. May be repeated.
std::filesystem::path install_next_secret_key(const std::filesystem::path& data_dir);

// Whether a missing key may be made up: only by who also makes the database.
enum class MissingKey : std::uint8_t { refuse, generate };
SecretBox open_secret_box(const Settings& settings, MissingKey missing);

}  // namespace mosaic::cli
