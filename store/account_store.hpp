// Accounts, their sessions and API tokens, what was done by whom, and what may happen only once.
// PostgresAccountStore implements it; test/fakes has it in memory; both pass the same conformance suite.
//
// Thread-safety and errors: as store.hpp. Nothing here ever sees a token, a password or a cookie in plain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/account.hpp"
#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic {

struct BreakglassCredential {
  std::string id;
  std::string username;
  std::string password_hash;  // bcrypt
  bool active = true;
};

// What an identity provider says of a person at one sign-in.
struct OidcIdentity {
  std::string new_id;  // used when this person has no account yet
  std::string issuer;
  std::string subject;
  std::string name;
  std::string email;
  Role claimed_role = Role::user;
};

enum class WriteOutcome : std::uint8_t {
  done,
  not_found,  // there is none, or it is somebody else's
  taken,      // the name or id is in use
  stale,      // the generation is not the one that the writer saw
  refused,    // a rule of the house forbids it (the last admin, a completed set-up …)
};

struct AccountChange {
  std::optional<std::optional<Role>> granted_role;  // set to nothing: back to what the claim says
  std::optional<bool> disabled;
  std::optional<bool> agent_allowed;
};

struct AccountQuery {
  std::string after_id;
  std::string search;  // part of name, e-mail or id; empty: all
  int limit = 100;     // 1 to 1000
};

struct KnownSession {
  SessionRow session;
  Account account;
};

struct KnownToken {
  ApiTokenRow token;
  Account account;
};

struct AuditQuery {
  std::int64_t before_id = 0;  // 0: from the newest
  std::string actor_id;        // empty: all
  std::string action;          // a prefix; empty: all
  int limit = 100;             // 1 to 1000
};

// A POST that carried an Idempotency-Key. The request is known by its fingerprint: the same key with another request
// is a mistake of the client's.
struct IdempotencyRecord {
  std::string account_id;
  std::string key;
  std::string fingerprint;  // SHA-256 of method, path and body
  bool finished = false;
  int status = 0;
  std::string content_type;
  std::string body;
  TimePoint expires_at{};
};

enum class IdempotencyBegin : std::uint8_t { fresh, running, finished, other_request };

class AccountStore {
 public:
  virtual ~AccountStore() = default;

  virtual std::optional<Account> find_account(const std::string& id) = 0;
  virtual std::vector<Account> list_accounts(const AccountQuery& query) = 0;  // ordered by id
  // Ends the account's sessions when it is disabled or its role in force changes. refused: it would leave no active
  // admin.
  virtual WriteOutcome update_account(const std::string& id, const AccountChange& change,
                                      std::optional<std::int64_t> if_generation) = 0;

  // Each makes the account when there is none and notes the sign-in; a disabled account is returned as it is. Names
  // and addresses are cut to what a page can show. StoreError: an issuer or subject of more than 1000 bytes.
  virtual Account sign_in_breakglass(const BreakglassCredential& user, TimePoint now) = 0;
  virtual Account sign_in_oidc(const OidcIdentity& identity, TimePoint now) = 0;

  virtual std::optional<BreakglassCredential> find_breakglass(const std::string& username) = 0;
  // Ends the sessions of that user's account.
  virtual WriteOutcome set_breakglass_password(const std::string& account_id,
                                               const std::string& password_hash) = 0;

  // False, and no session, when there is no such account or it is disabled.
  virtual bool create_session(const SessionRow& session) = 0;
  virtual std::optional<KnownSession> find_session(const std::string& token_hash) = 0;
  virtual void touch_session(const std::string& token_hash, TimePoint now) = 0;
  virtual void delete_session(const std::string& token_hash) = 0;
  virtual int delete_sessions(const std::string& account_id) = 0;  // how many went

  virtual void create_token(const ApiTokenRow& token) = 0;
  virtual std::vector<ApiTokenRow> list_tokens(const std::string& account_id) = 0;  // newest first
  virtual std::optional<KnownToken> find_token(const std::string& id) = 0;
  virtual WriteOutcome revoke_token(const std::string& account_id, const std::string& id,
                                    TimePoint now) = 0;
  virtual void note_token_use(const std::vector<std::string>& ids, TimePoint now) = 0;

  // True for the first call with this text, until it expires: a state, a nonce, a set-up token.
  virtual bool consume_once(const std::string& hash, TimePoint expires_at) = 0;

  // Its id is not looked at. Texts are cut to a line's length.
  virtual void append_audit(const AuditEntry& entry) = 0;
  virtual std::vector<AuditEntry> audit(const AuditQuery& query) = 0;  // newest first

  // Fresh also when the record that was there has expired. `record` becomes the stored one when it is running or
  // finished.
  virtual IdempotencyBegin begin_idempotent(IdempotencyRecord& record) = 0;
  // Keeps status, contents and expiry, while the record is still the one that was begun with this fingerprint.
  virtual void finish_idempotent(const IdempotencyRecord& record) = 0;
  // The request did not run: its key may be used again.
  virtual void abandon_idempotent(const std::string& account_id, const std::string& key) = 0;

  // Sessions, consumed texts and idempotency records past their time, audit entries older than `audit_before`; how many
  // went. One call removes a bounded number: call again while it removes something.
  virtual int prune_accounts(TimePoint now, TimePoint audit_before) = 0;
};

// Told, from the listener's own thread, that a session, token or account may have changed: whoever remembers one
// must ask again. A hint like ChangeListener's.
class AccountListener {
 public:
  virtual ~AccountListener() = default;
  virtual void on_account_changed(const std::string& account_id) = 0;
  virtual void on_accounts_missed() = 0;  // after a reconnect: forget everything
};

// Told, likewise, that an agent's phase or endpoint moved.
class StatusListener {
 public:
  virtual ~StatusListener() = default;
  virtual void on_status_moved(const ResourceKey& key) = 0;
  virtual void on_statuses_missed() = 0;  // after a reconnect: look at all that you wait for
};

}  // namespace mosaic
