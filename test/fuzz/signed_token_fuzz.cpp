// ID tokens. The first line is a token, the rest a set of keys. A token is taken apart without anything being added, and
// a signature is right only on the very text that the key signed.
#include "api/auth/oidc/signed_token.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "secrets/base64url.hpp"
#include "test/auth/issuer_key.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

// Public and for fuzzing alone. Signatures of an elliptic curve differ from run to run, the rules that are checked do not.
struct Issuer {
  IssuerKey key{IssuerKey::Kind::p256, "k1"};
  std::string signed_once = key.sign({{"sub", "alice"}});
  oidc::KeySet keys =
      oidc::parse_key_set(nlohmann::json{{"keys", {key.jwk()}}}.dump()).value_or(oidc::KeySet());
};

const Issuer& issuer() {
  static const Issuer one;
  return one;
}

void check_parts(std::string_view compact, const oidc::SignedToken& token) {
  require(compact.size() <= oidc::max_token_bytes, "a token is within its bound");
  require(token.algorithm == "RS256" || token.algorithm == "ES256", "two algorithms are taken");
  require(token.signed_text + "." + base64url_encode(token.signature) == compact,
          "text and signature are all that a token is");
  const auto middle = token.signed_text.find('.');
  require(token.signed_text.substr(middle + 1) == base64url_encode(token.claims),
          "the claims are those that were signed");
  const auto header = base64url_decode(token.signed_text.substr(0, middle));
  require(header && !nlohmann::json::parse(*header).contains("crit"),
          "a header that demands more is refused");
}

// The header and claims as somebody likes them, with a signature that was right for others.
void check_forgery(std::string_view text) {
  const auto& right = issuer().signed_once;
  const auto signature = right.substr(right.rfind('.'));
  const auto header = right.substr(0, right.find('.') + 1);
  const auto forged = oidc::parse_token(header + base64url_encode(text) + signature);
  require(forged.has_value(), "the forgery has the form of a token");
  const bool same = header + base64url_encode(text) + signature == right;
  require(same || check_signature(*forged, issuer().keys) == oidc::SignatureCheck::wrong,
          "a signature fits one text");
}

void check_keys(std::string_view json) {
  const auto keys = oidc::parse_key_set(json);
  if (!keys) return;
  require(keys->size() <= oidc::max_keys, "a set of keys is within its bound");
  const auto token = oidc::parse_token(issuer().signed_once);
  require(token.has_value(), "a token that was signed is one");
  require(check_signature(*token, *keys) != oidc::SignatureCheck::right,
          "a key of somebody else's signs nothing of ours");
}

}  // namespace

void try_input(std::string_view input) {
  const auto compact = take_line(input);
  require(!issuer().keys.empty(), "the issuer's own key is read");
  if (const auto token = oidc::parse_token(compact)) {
    check_parts(compact, *token);
    require(check_signature(*token, issuer().keys) != oidc::SignatureCheck::right,
            "nobody can sign without the key");
  }
  check_forgery(input);
  check_keys(input);
}

}  // namespace mosaic::test
