#include "cli/key_check.hpp"

#include "cli/failure.hpp"

namespace mosaic::cli {

void require_matching_key(KeyCheckStore& store, const SecretBox& box) {
  if (!box.matches_key_check(store.store_key_check_once(box.key_check_value())))
    throw CommandError(wrong_key_message);
}

}  // namespace mosaic::cli
