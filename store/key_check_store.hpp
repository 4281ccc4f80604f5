// The proof of the secret key that this database was written with, which the command line and every process look at
// before they read or write anything with theirs; and the rotation to another key. The row names the new key beside the
// one in force while values are re-encrypted, and the new one alone at the very end.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it. Errors: StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/account.hpp"
#include "model/stored_keys.hpp"
#include "store/database.hpp"

namespace mosaic {

// How connections of a fleet's processes are named (DatabaseOptions::application_name) that have both keys of a rotation.
inline constexpr const char* application_with_two_keys = "mosaic, two keys";

class KeyCheckStore {
 public:
  explicit KeyCheckStore(Database& database);

  // The key-check text that is in force: the stored one, or `value` when there was none.
  std::string store_key_check_once(const std::string& value);
  std::optional<std::string> key_check();
  StoredKeys stored_keys();

  // Whether this login may do what follows: the API's own may not.
  bool may_rotate();
  // From here on processes write with the key that `next` proves. False: the row no longer says `seen`. The entry goes
  // into the audit log in the same transaction, and only if the row was changed; so it does at the end.
  bool begin_rotation(const StoredKeys& seen, const std::string& next,
                      const std::string& fingerprint_key, const AuditEntry& entry);
  // The next key is the one in force, and the only one. False: no rotation to the key that `next` proves is under way.
  bool finish_rotation(const std::string& next, const AuditEntry& entry);
  // Connections of processes of a fleet that have one key only, as "host (connection)", or "login …" where another login's
  // host is not shown to this one: they could not read what a
  // rotation writes.
  std::vector<std::string> processes_with_one_key();

 private:
  Database& database_;
};

}  // namespace mosaic
