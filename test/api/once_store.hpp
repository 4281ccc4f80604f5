// The part of AccountStore that keeps a repeated request from running twice, in memory. Several ChatTurns over one of
// these are several API processes over one database.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "model/clock.hpp"
#include "store/account_store.hpp"

namespace mosaic {

class OnceStore final : public AccountStore {
 public:
  explicit OnceStore(const Clock& clock) : clock_(clock) {}

  bool away = false;
  std::map<std::pair<std::string, std::string>, IdempotencyRecord> records;

  IdempotencyBegin begin_idempotent(IdempotencyRecord& record) override {
    const std::lock_guard lock(mutex_);
    answer();
    const auto found = records.find({record.account_id, record.key});
    if (found == records.end() || found->second.expires_at <= clock_.now()) {
      records[{record.account_id, record.key}] = record;
      return IdempotencyBegin::fresh;
    }
    if (found->second.fingerprint != record.fingerprint) return IdempotencyBegin::other_request;
    record = found->second;
    return record.finished ? IdempotencyBegin::finished : IdempotencyBegin::running;
  }
  void finish_idempotent(const IdempotencyRecord& record) override {
    const std::lock_guard lock(mutex_);
    answer();
    records[{record.account_id, record.key}] = record;
  }
  void abandon_idempotent(const std::string& account_id, const std::string& key) override {
    const std::lock_guard lock(mutex_);
    answer();
    records.erase({account_id, key});
  }

  std::optional<Account> find_account(const std::string&) override { not_asked_for(); }
  std::vector<Account> list_accounts(const AccountQuery&) override { not_asked_for(); }
  WriteOutcome update_account(const std::string&, const AccountChange&,
                              std::optional<std::int64_t>) override {
    not_asked_for();
  }
  Account sign_in_breakglass(const BreakglassCredential&, TimePoint) override { not_asked_for(); }
  Account sign_in_oidc(const OidcIdentity&, TimePoint) override { not_asked_for(); }
  std::optional<BreakglassCredential> find_breakglass(const std::string&) override {
    not_asked_for();
  }
  WriteOutcome set_breakglass_password(const std::string&, const std::string&) override {
    not_asked_for();
  }
  bool create_session(const SessionRow&) override { not_asked_for(); }
  std::optional<KnownSession> find_session(const std::string&) override { not_asked_for(); }
  void touch_session(const std::string&, TimePoint) override { not_asked_for(); }
  void delete_session(const std::string&) override { not_asked_for(); }
  int delete_sessions(const std::string&) override { not_asked_for(); }
  void create_token(const ApiTokenRow&) override { not_asked_for(); }
  std::vector<ApiTokenRow> list_tokens(const std::string&) override { not_asked_for(); }
  std::optional<KnownToken> find_token(const std::string&) override { not_asked_for(); }
  WriteOutcome revoke_token(const std::string&, const std::string&, TimePoint) override {
    not_asked_for();
  }
  void note_token_use(const std::vector<std::string>&, TimePoint) override { not_asked_for(); }
  bool consume_once(const std::string&, TimePoint) override { not_asked_for(); }
  void append_audit(const AuditEntry&) override { not_asked_for(); }
  std::vector<AuditEntry> audit(const AuditQuery&) override { not_asked_for(); }
  int prune_accounts(TimePoint, TimePoint) override { not_asked_for(); }

 private:
  void answer() const {
    if (away) throw StoreError("the database did not answer");
  }
  [[noreturn]] static void not_asked_for() {
    throw std::logic_error("a chat turn has no business with this");
  }

  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace mosaic
