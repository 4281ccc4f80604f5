// The proof of the secret key that this database was written with, which the command line and every process look at
// before they read or write anything with theirs.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it. Errors: StoreError.
#pragma once

#include <optional>
#include <string>

#include "store/database.hpp"

namespace mosaic {

class KeyCheckStore {
 public:
  explicit KeyCheckStore(Database& database);

  // The key-check text that is in force: the stored one, or `value` when there was none.
  std::string store_key_check_once(const std::string& value);
  std::optional<std::string> key_check();

 private:
  Database& database_;
};

}  // namespace mosaic
