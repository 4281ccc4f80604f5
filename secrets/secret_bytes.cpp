#include "secrets/secret_bytes.hpp"

#include <openssl/crypto.h>

namespace mosaic {

void wipe(std::span<std::uint8_t> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace mosaic
