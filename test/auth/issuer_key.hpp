// A key pair of an identity provider for tests: signs tokens as one would, and shows its public half as a JWK.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "secrets/base64url.hpp"

namespace mosaic::test {

class IssuerKey {
 public:
  enum class Kind { rsa, p256 };

  explicit IssuerKey(Kind kind, std::string id, unsigned bits = 2048)
      : kind_(kind),
        id_(std::move(id)),
        key_(kind == Kind::rsa ? EVP_RSA_gen(bits) : EVP_EC_gen("P-256"), &EVP_PKEY_free) {}

  const std::string& id() const { return id_; }
  std::string algorithm() const { return kind_ == Kind::rsa ? "RS256" : "ES256"; }

  nlohmann::json jwk() const {
    nlohmann::json jwk{{"kid", id_}, {"use", "sig"}, {"alg", algorithm()}};
    if (kind_ == Kind::rsa) {
      jwk["kty"] = "RSA";
      jwk["n"] = base64url_encode(number(OSSL_PKEY_PARAM_RSA_N, 0));
      jwk["e"] = base64url_encode(number(OSSL_PKEY_PARAM_RSA_E, 0));
    } else {
      jwk["kty"] = "EC";
      jwk["crv"] = "P-256";
      jwk["x"] = base64url_encode(number(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      jwk["y"] = base64url_encode(number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    return jwk;
  }

  // The compact token of these claims; `header` adds to and overrides alg and kid.
  std::string sign(const nlohmann::json& claims, const nlohmann::json& header = {}) const {
    nlohmann::json whole{{"alg", algorithm()}, {"kid", id_}, {"typ", "JWT"}};
    whole.update(header.is_null() ? nlohmann::json::object() : header);
    const auto text = base64url_encode(whole.dump()) + "." + base64url_encode(claims.dump());
    return text + "." + base64url_encode(signature_of(text));
  }

 private:
  std::string number(const char* name, int width) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &value);
    const int size = width == 0 ? BN_num_bytes(value) : width;
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(value);
    return bytes;
  }

  std::string signature_of(const std::string& text) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    auto* into = reinterpret_cast<unsigned char*>(signature.data());
    EVP_DigestSign(context.get(), into, &size, bytes, text.size());
    signature.resize(size);
    return kind_ == Kind::rsa ? signature : side_by_side(signature);
  }

  static std::string side_by_side(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    auto* into = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parsed), into, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(parsed), into + 32, 32);
    ECDSA_SIG_free(parsed);
    return raw;
  }

  Kind kind_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace mosaic::test
