#include "secrets/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "secrets/hex.hpp"

namespace mosaic {

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};

  void check(int outcome) const {
    if (outcome != 1) throw std::runtime_error("SHA-256: OpenSSL refused the operation");
  }
  void begin() const { check(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr)); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { state_->begin(); }
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  state_->check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  state_->check(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr));
  state_->begin();
  return hex_encode(digest);
}

}  // namespace mosaic
