// The gatekeeper over the account store: sessions by cookie, API tokens by Authorization, the set-up token.
//
// Thread-safe. Positive answers are remembered for a few seconds, so that a busy client costs no query per request; the
// store's listener (on_account_changed, from its own thread) forgets them at once, and so do this process's own changes.
// Sessions and tokens are touched at most once a minute. An Authorization field decides alone: with one, no cookie counts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/access.hpp"
#include "api/auth/api_token.hpp"
#include "api/auth/auth_settings.hpp"
#include "api/auth/public_origin.hpp"
#include "api/auth/recent_answers.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

inline constexpr std::string_view session_cookie = "mosaic";

class StoreGatekeeper final : public Gatekeeper, public AccountListener {
 public:
  StoreGatekeeper(AccountStore& accounts, SettingsStore& settings, const Clock& clock,
                  const PublicOrigin& origin, const AuthLimits& limits = {});

  std::variant<Caller, Response> admit(const Request& request, const AccessRule& rule) override;
  std::optional<std::variant<Caller, Response>> admit_remembered(const Request& request,
                                                                 const AccessRule& rule) override;

  void on_account_changed(const std::string& account_id) override;
  void on_accounts_missed() override;

 private:
  enum class Ask : std::uint8_t { store, memory };
  using Admitted = std::variant<Caller, Response>;

  std::optional<Admitted> decide(const Request& request, const AccessRule& rule, Ask ask);
  // Nothing: the store must be asked. A credential that is no good is nobody's.
  std::optional<Caller> identify(const Request& request, Ask ask);
  std::optional<Caller> by_token(std::string_view authorization, Ask ask);
  std::optional<Caller> by_session(const std::string& cookie, Ask ask);
  // What the store knows and is good; noted as used when that is due.
  std::shared_ptr<const KnownToken> fetch_token(const ApiTokenText& presented);
  std::shared_ptr<const KnownSession> fetch_session(const std::string& hash);
  bool must_touch(const std::optional<TimePoint>& last) const;
  bool is_alive(const KnownToken& known) const;
  bool is_alive(const KnownSession& known) const;
  Admitted admit_to_set_up(const Request& request, Caller caller);

  AccountStore& accounts_;
  SettingsStore& settings_;
  const Clock& clock_;
  const PublicOrigin& origin_;
  const AuthLimits limits_;
  RecentAnswers<KnownSession> sessions_;
  RecentAnswers<KnownToken> tokens_;
};

}  // namespace mosaic
