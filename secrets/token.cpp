#include "secrets/token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "secrets/hex.hpp"

namespace mosaic {
namespace {

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Looking the algorithm up by its name anew costs as much as the digest itself, and there is one for every request.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

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
  thread_local const std::unique_ptr<EVP_MD_CTX, DigestDeleter> context(EVP_MD_CTX_new());
  std::array<std::uint8_t, 32> digest{};
  if (!context || EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256: OpenSSL refused the operation");
  }
  return hex_encode(digest);
}

}  // namespace mosaic
