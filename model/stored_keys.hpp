// What a database says of the secret keys that its values are encrypted under: proofs of them, never the keys.
//
// A plain value.
#pragma once

#include <optional>
#include <string>

namespace mosaic {

struct StoredKeys {
  std::optional<std::string> check;  // of the key in force; nothing: no process has run yet
  std::optional<std::string>
      next_check;  // while a rotation is under way: of the key that everything goes to
  // The key of fingerprints, encrypted, once it is no longer the one that follows from the key in force.
  std::optional<std::string> fingerprint_key;

  // Of the key that values are to be encrypted under now.
  const std::optional<std::string>& written_with() const { return next_check ? next_check : check; }
  bool operator==(const StoredKeys&) const = default;
};

}  // namespace mosaic
