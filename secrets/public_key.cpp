#include "secrets/public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <cstdint>

namespace mosaic {
namespace {

constexpr int min_modulus_bits = 2048;
constexpr std::size_t max_modulus_bytes = 1024;
constexpr std::size_t max_exponent_bytes = 8;
constexpr std::size_t coordinate_bytes = 32;

struct Deleter {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM> number_of(std::string_view text) {
  return Owned<BIGNUM>(BN_bin2bn(bytes_of(text), static_cast<int>(text.size()), nullptr));
}

// Nothing of OpenSSL's complaints stays behind for others to find.
std::shared_ptr<EVP_PKEY> make_key(const char* kind, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* made = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
  std::shared_ptr<EVP_PKEY> key(made, &EVP_PKEY_free);
  if (made != nullptr) {
    const Owned<EVP_PKEY_CTX> checker(EVP_PKEY_CTX_new(made, nullptr));
    if (!checker || EVP_PKEY_public_check(checker.get()) != 1) key.reset();
  }
  ERR_clear_error();
  return key;
}

// JOSE has r and s side by side, OpenSSL wants them in DER.
std::string der_signature(std::string_view raw) {
  if (raw.size() != 2 * coordinate_bytes) return {};
  const Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
  auto r = number_of(raw.substr(0, coordinate_bytes));
  auto s = number_of(raw.substr(coordinate_bytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  // The signature owns them from here.
  (void)r.release();
  (void)s.release();
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  std::string der = size > 0 ? std::string(encoded, encoded + size) : std::string();
  OPENSSL_free(encoded);
  return der;
}

}  // namespace

std::optional<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > max_modulus_bytes || exponent.empty() ||
      exponent.size() > max_exponent_bytes)
    return std::nullopt;
  const auto n = number_of(modulus);
  const auto e = number_of(exponent);
  if (!n || !e || BN_num_bits(n.get()) < min_modulus_bits || !BN_is_odd(n.get()) ||
      !BN_is_odd(e.get()) || BN_is_one(e.get()))
    return std::nullopt;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return std::nullopt;
  auto key = make_key("RSA", builder.get());
  if (!key) return std::nullopt;
  return PublicKey(Kind::rsa, std::move(key));
}

std::optional<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) return std::nullopt;
  std::string point = "\x04";
  point.append(x).append(y);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1)
    return std::nullopt;
  auto key = make_key("EC", builder.get());
  if (!key) return std::nullopt;
  return PublicKey(Kind::p256, std::move(key));
}

bool PublicKey::verifies(std::string_view text, std::string_view signature) const {
  const std::string der = kind_ == Kind::p256 ? der_signature(signature) : std::string(signature);
  if (der.empty()) return false;
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool right =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return right;
}

}  // namespace mosaic
