// Who signs in: people and what they may do. Plain values; secrets appear only as hashes.
//
// An account's id is what the seed's tables call "userId". A breakglass user's account has the id of its
// "BreakglassUser" row; an account from an identity provider is (issuer, subject), never an e-mail address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/clock.hpp"

namespace mosaic {

enum class Role : std::uint8_t { user, admin };
enum class AccountSource : std::uint8_t { breakglass, oidc };

// What an API token may be used for. A session may do all that its account's role allows.
enum class Scope : std::uint8_t {
  chat,   // /v1: talk to one's own agent
  read,   // GET of one's own settings
  write,  // change one's own settings and agent
  admin,  // what only admins may do; worth nothing to others
};

class Scopes {
 public:
  constexpr Scopes() = default;
  static constexpr Scopes all() { return Scopes(0x0f); }
  constexpr bool has(Scope scope) const { return (bits_ >> static_cast<unsigned>(scope)) & 1U; }
  constexpr void add(Scope scope) {
    bits_ = static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(scope)));
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Scopes&) const = default;

 private:
  explicit constexpr Scopes(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_ = 0;
};

struct Account {
  std::string id;
  AccountSource source = AccountSource::breakglass;
  std::string issuer;      // of an account from an identity provider
  std::string subject;     // likewise
  std::string name;        // to show: the user name, or what the provider calls the person
  std::string email;       // to show; identifies nobody
  Role role = Role::user;  // in force: granted_role, else what the provider's claim says
  std::optional<Role> granted_role;  // by an admin; outlives what the claim says
  bool disabled = false;
  bool agent_allowed = true;  // may have an agent of their own
  std::int64_t generation = 1;
  TimePoint created_at{};
  std::optional<TimePoint> last_sign_in_at;

  bool operator==(const Account&) const = default;
};

struct SessionRow {
  std::string token_hash;  // SHA-256 of the cookie's value, lower-case hex
  std::string account_id;
  TimePoint created_at{};
  TimePoint last_seen_at{};
  TimePoint expires_at{};  // the absolute limit
};

struct ApiTokenRow {
  std::string id;  // public part of mos_<id>_<secret>
  std::string account_id;
  std::string name;
  std::string secret_hash;  // SHA-256 of the secret part, lower-case hex
  Scopes scopes;
  TimePoint created_at{};
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> last_used_at;
  std::optional<TimePoint> revoked_at;
};

// Who did what to which thing. `detail` is one line for people without any secret or content.
struct AuditEntry {
  std::int64_t id = 0;
  TimePoint at{};
  std::string actor_id;    // account; empty: nobody signed in (set-up, a failed sign-in)
  std::string actor_name;  // as it was then
  std::string via;         // session, token, setup, cli
  std::string action;      // "provider.update", "session.create" …
  std::string target;      // "provider/<id>", "user/<id>" …
  std::string outcome;     // ok, refused, failed
  std::string detail;
  std::string remote;  // numeric address
};

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view word);
std::string_view to_string(AccountSource source);
std::optional<AccountSource> parse_account_source(std::string_view word);
std::string_view to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view word);
// "chat read", in the order of the enumeration; parse_scopes answers nothing for an unknown word.
std::string to_string(Scopes scopes);
std::optional<Scopes> parse_scopes(std::string_view words);

}  // namespace mosaic
