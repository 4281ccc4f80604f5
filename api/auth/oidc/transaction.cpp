#include "api/auth/oidc/transaction.hpp"

#include <nlohmann/json.hpp>

#include "secrets/base64url.hpp"
#include "secrets/token.hpp"

namespace mosaic::oidc {
namespace {

using Json = nlohmann::json;

// SecretBox encrypts other things too; none of them opens as a transaction.
constexpr const char* purpose = "oidc-sign-in";
constexpr std::size_t max_cookie_bytes = 4096;

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

Transaction begin_transaction(TimePoint now) {
  Transaction transaction;
  transaction.state = generate_token();
  transaction.nonce = generate_token();
  transaction.verifier = generate_token();
  transaction.expires_at = now + transaction_lifetime;
  return transaction;
}

std::string challenge_of(const std::string& verifier) {
  return base64url_encode(bytes_of_hex(sha256_hex(verifier)));
}

std::string seal(const Transaction& transaction, const SecretBox& secrets) {
  const Json json{{"purpose", purpose},
                  {"issuer", transaction.issuer},
                  {"state", transaction.state},
                  {"nonce", transaction.nonce},
                  {"verifier", transaction.verifier},
                  {"redirectUri", transaction.redirect_uri},
                  {"next", transaction.next},
                  {"expiresAt", transaction.expires_at.time_since_epoch().count()}};
  return secrets.encrypt(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<Transaction> open(std::string_view cookie, const SecretBox& secrets, TimePoint now) {
  if (cookie.size() > max_cookie_bytes || !SecretBox::is_encrypted(cookie)) return std::nullopt;
  try {
    const auto json = Json::parse(secrets.decrypt(cookie));
    if (json.at("purpose") != purpose) return std::nullopt;
    Transaction transaction;
    json.at("issuer").get_to(transaction.issuer);
    json.at("state").get_to(transaction.state);
    json.at("nonce").get_to(transaction.nonce);
    json.at("verifier").get_to(transaction.verifier);
    json.at("redirectUri").get_to(transaction.redirect_uri);
    json.at("next").get_to(transaction.next);
    transaction.expires_at =
        TimePoint(std::chrono::milliseconds(json.at("expiresAt").get<std::int64_t>()));
    if (now >= transaction.expires_at) return std::nullopt;
    return transaction;
  } catch (const DecryptError&) {
    return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace mosaic::oidc
