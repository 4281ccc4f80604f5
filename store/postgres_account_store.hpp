// The AccountStore on Postgres. Rules that must hold whoever writes (generations, the end of sessions, what is told on
// the channel mosaic_accounts) live in the database's own triggers; see store/migrations/0004_accounts.sql.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it, and its schema must be
// current. Errors: StoreError.
#pragma once

#include <string>
#include <vector>

#include "store/account_store.hpp"
#include "store/database.hpp"

namespace mosaic {

class PostgresAccountStore final : public AccountStore {
 public:
  explicit PostgresAccountStore(Database& database);

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

 private:
  Database& database_;
};

}  // namespace mosaic
