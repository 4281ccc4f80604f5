// Accounts in memory, with the rules that the real database keeps in triggers: generations, the end of sessions, and what
// is told to whoever remembers an account. Passes test/conformance/store.
//
// Thread-safety: every method may be called from any thread. The listener is called outside of the lock, from the thread
// that wrote.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/clock.hpp"
#include "store/account_store.hpp"
#include "store/admin_rows.hpp"

namespace mosaic {

class FakeAccountStore final : public AccountStore {
 public:
  explicit FakeAccountStore(const Clock& clock) : clock_(clock) {}

  std::optional<Account> find_account(const std::string& id) override;
  std::vector<Account> list_accounts(const AccountQuery& query) override;
  WriteOutcome update_account(const std::string& id, const AccountChange& change,
                              std::optional<std::int64_t> if_generation) override;

  Account sign_in_breakglass(const BreakglassCredential& user, TimePoint now) override;
  Account sign_in_oidc(const OidcIdentity& identity, TimePoint now) override;

  std::optional<BreakglassCredential> find_breakglass(const std::string& username) override;
  WriteOutcome set_breakglass_password(const std::string& account_id,
                                       const std::string& password_hash) override;

  bool create_session(const SessionRow& session) override;
  std::optional<KnownSession> find_session(const std::string& token_hash) override;
  void touch_session(const std::string& token_hash, TimePoint now) override;
  void delete_session(const std::string& token_hash) override;
  int delete_sessions(const std::string& account_id) override;

  void create_token(const ApiTokenRow& token) override;
  std::vector<ApiTokenRow> list_tokens(const std::string& account_id) override;
  std::optional<KnownToken> find_token(const std::string& id) override;
  WriteOutcome revoke_token(const std::string& account_id, const std::string& id,
                            TimePoint now) override;
  void note_token_use(const std::vector<std::string>& ids, TimePoint now) override;

  bool consume_once(const std::string& hash, TimePoint expires_at) override;

  void append_audit(const AuditEntry& entry) override;
  std::vector<AuditEntry> audit(const AuditQuery& query) override;

  IdempotencyBegin begin_idempotent(IdempotencyRecord& record) override;
  void finish_idempotent(const IdempotencyRecord& record) override;
  void abandon_idempotent(const std::string& account_id, const std::string& key) override;

  int prune_accounts(TimePoint now, TimePoint audit_before) override;

  // "BreakglassUser" rows, as SettingsStore writes them and as another program might.
  BreakglassResult upsert_breakglass(const std::string& id, const std::string& username,
                                     const std::string& password_hash);
  std::vector<BreakglassUser> list_breakglass();  // ordered by username
  void set_breakglass_active(const std::string& username, bool active);

  // Faults.
  void fail_next(int operations = 1);  // the next operations throw StoreError and do nothing
  void set_listener(AccountListener* listener);  // nullptr: none

  std::size_t session_count();

 private:
  struct StoredAccount {
    Account account;
    Role claimed_role = Role::user;
  };

  // Runs work() under the lock, and then tells the listener what it made necessary.
  template <typename Work>
  auto perform(Work work);

  StoredAccount* stored(const std::string& id);
  bool leaves_no_admin(const StoredAccount& stored, const Account& becomes) const;
  void put(StoredAccount& stored, const StoredAccount& becomes);
  Account sign_in(StoredAccount& stored, StoredAccount becomes, TimePoint now);
  int end_sessions(const std::string& account_id);
  void set_disabled(const std::string& id, bool disabled);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, StoredAccount> accounts_;
  std::map<std::string, BreakglassCredential> breakglass_;  // by username
  std::map<std::string, SessionRow> sessions_;
  std::map<std::string, ApiTokenRow> tokens_;
  std::map<std::string, TimePoint> consumed_;
  std::vector<AuditEntry> audit_;  // oldest first
  std::map<std::pair<std::string, std::string>, IdempotencyRecord> idempotency_;
  std::int64_t last_audit_id_ = 0;
  int failures_left_ = 0;
  AccountListener* listener_ = nullptr;
  std::set<std::string> changed_;  // accounts to tell of
};

}  // namespace mosaic
