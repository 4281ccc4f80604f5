// Whether MOSAIC_SECRET_KEY is the one that this database was written with, before anything is read
// or written with it.
#pragma once

#include "secrets/secret_box.hpp"
#include "store/key_check_store.hpp"

namespace mosaic::cli {

// Stores the proof of this key when the database has none yet. Throws CommandError when it has
// another key's.
void require_matching_key(KeyCheckStore& store, const SecretBox& box);

// One line that says what to do about a key that does not match.
inline constexpr const char* wrong_key_message =
    "MOSAIC_SECRET_KEY is not the key of this database: nothing was changed; set the key that the "
    "database was made "
    "with (for an embedded one, the content of secret.key in its data folder)";

}  // namespace mosaic::cli
