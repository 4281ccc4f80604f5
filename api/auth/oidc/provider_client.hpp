// Asks an identity provider: its description, its keys, and an ID token for a code.
//
// Thread-safe; calls block for the deadline at most, and none holds a lock while it waits. Descriptions and keys are
// remembered for ten minutes; the last good ones stay in use while new ones cannot be had. A key that nobody knows has
// the set fetched again at most once a minute. A failed description is not asked for again for a few seconds, so that an
// issuer that hangs is not waited for by everybody in turn.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "api/auth/oidc/provider_document.hpp"
#include "api/auth/oidc/signed_token.hpp"
#include "api/oidc_settings.hpp"
#include "http/outbound_client.hpp"
#include "model/clock.hpp"

namespace mosaic::oidc {

struct CodeExchange {
  std::string code;
  std::string verifier;
  std::string redirect_uri;
};

// How long all that one request of a browser causes may take, in real time.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time)
      : end_(std::chrono::steady_clock::now() + time) {}
  std::chrono::milliseconds left() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

class ProviderClient {
 public:
  // `policy`: of this house; what the settings say of private addresses is added for each call.
  ProviderClient(OutboundClient& outbound, const Clock& clock, OutboundPolicy policy)
      : outbound_(outbound), clock_(clock), policy_(std::move(policy)) {}

  std::variant<ProviderDocument, Unusable> describe(const OidcSettings& settings,
                                                    const Deadline& deadline);
  // The compact ID token.
  std::variant<std::string, Unusable> exchange(const OidcSettings& settings,
                                               const ProviderDocument& provider,
                                               const CodeExchange& exchange,
                                               const Deadline& deadline);
  // True when a key of the issuer signed the token.
  std::variant<bool, Unusable> is_signed(const OidcSettings& settings,
                                         const ProviderDocument& provider, const SignedToken& token,
                                         const Deadline& deadline);

 private:
  template <typename Value>
  struct Remembered {
    std::string of;  // the issuer, and how it is asked
    std::optional<Value> value;
    SteadyTime fetched{};
    SteadyTime tried{};
    std::optional<SteadyTime> demanded;  // when what was remembered last did not do
    std::string failure;                 // of the last try; empty: it went well
  };

  std::variant<HttpAnswer, Unusable> ask(const OidcSettings& settings, OutboundRequest request,
                                         const Deadline& deadline, const std::string& what) const;
  enum class KeysNeeded : std::uint8_t {
    usual,   // remembered for ten minutes at most
    newest,  // the remembered ones did not do
  };

  std::variant<ProviderDocument, Unusable> fetch_description(const OidcSettings& settings,
                                                             const Deadline& deadline) const;
  // Nothing: they must be fetched.
  std::optional<KeySet> known_keys(const std::string& of, KeysNeeded needed);
  std::variant<KeySet, Unusable> fetch_keys(const OidcSettings& settings,
                                            const ProviderDocument& provider, const std::string& of,
                                            const Deadline& deadline);

  OutboundClient& outbound_;
  const Clock& clock_;
  const OutboundPolicy policy_;
  std::mutex mutex_;
  Remembered<ProviderDocument> description_;
  Remembered<KeySet> keys_;
};

// The form of a token request, and its Authorization field where the client proves itself with one. Pure.
struct TokenRequest {
  std::string form;
  std::string authorization;  // empty: none
};
TokenRequest token_request(const OidcSettings& settings, ClientAuthentication authentication,
                           const CodeExchange& exchange);

}  // namespace mosaic::oidc
