// Whether MOSAIC_SECRET_KEY is the one that this database was written with, before anything is read
// or written with it.
#pragma once

#include "secrets/secret_box.hpp"
#include "store/key_check_store.hpp"

namespace mosaic::cli {

// Stores the proof of this key when the database has none yet, and opens the box with what the
// database says of its keys. Throws CommandError when it has another key's, or goes from one to
// another and both are not here.
void require_matching_key(KeyCheckStore& store, SecretBox& box);

// One line that says what to do about a key that does not match.
inline constexpr const char* wrong_key_message =
    "MOSAIC_SECRET_KEY is not the key of this database: nothing was changed; set the key that the "
    "database was made "
    "with, or that it was rotated to since (for an embedded one, the content of secret.key in its "
    "data "
    "folder)";

inline constexpr const char* one_key_of_two_message =
    "the secrets of this database are on their way from one key to another (mosaic admin "
    "rotate-key): nothing was changed; set MOSAIC_SECRET_KEY to the new key and "
    "MOSAIC_SECRET_KEY_PREVIOUS to the old one until that is done";

}  // namespace mosaic::cli
