#include "secrets/token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "secrets/hex.hpp"

namespace mosaic {

void fill_random(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system's random generator gave no bytes");
  }
}

std::string generate_token() {
  std::array<std::uint8_t, 32> bytes{};
  fill_random(bytes);
  std::string token = hex_encode(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return token;
}

std::string random_id() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t id_characters = 25;
  // The greatest multiple of 36 in a byte; larger bytes would favour the first letters.
  constexpr std::uint8_t fair_limit = 252;
  std::string id = "c";
  while (id.size() < id_characters) {
    std::array<std::uint8_t, 32> bytes{};
    fill_random(bytes);
    for (const std::uint8_t byte : bytes) {
      if (byte < fair_limit && id.size() < id_characters)
        id.push_back(letters[byte % letters.size()]);
    }
  }
  return id;
}

bool constant_time_equal(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string sha256_hex(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256: OpenSSL refused the operation");
  }
  return hex_encode(digest);
}

}  // namespace mosaic
