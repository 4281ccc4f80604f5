#include "cli/key_check.hpp"

#include "cli/failure.hpp"

namespace mosaic::cli {

void require_matching_key(KeyCheckStore& store, SecretBox& box) {
  StoredKeys stored = store.stored_keys();
  if (!stored.check) stored.check = store.store_key_check_once(box.key_check_value());
  if (!box.knows(stored))
    throw CommandError(stored.next_check ? one_key_of_two_message : wrong_key_message);
  try {
    box.open(stored);
  } catch (const DecryptError& error) {
    throw CommandError("the database's row about itself (mosaic_instance): " +
                       std::string(error.what()) + "; restore it from a backup");
  }
}

}  // namespace mosaic::cli
