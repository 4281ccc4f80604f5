// Just enough of the account and settings stores for tests of sign-in: maps in memory, and a count of the calls that
// tests ask about. The stores themselves are tested where they are.
//
// Thread-safe: one lock around each.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include "store/account_store.hpp"
#include "store/settings_store.hpp"

namespace mosaic::test {

class TinyAccounts final : public AccountStore {
 public:
  std::map<std::string, Account> accounts;
  std::map<std::string, BreakglassCredential> breakglass;
  std::map<std::string, SessionRow> sessions;
  std::map<std::string, ApiTokenRow> tokens;
  std::vector<AuditEntry> audit_entries;
  int reads = 0;
  int touches = 0;
  bool away = false;
  bool disabled_meanwhile = false;  // every account, between its password's check and its session

  void put(const Account& account) { accounts[account.id] = account; }

  std::optional<Account> find_account(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    const auto found = accounts.find(id);
    return found == accounts.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<Account> list_accounts(const AccountQuery&) override { return {}; }
  WriteOutcome update_account(const std::string& id, const AccountChange& change,
                              std::optional<std::int64_t>) override {
    const std::lock_guard lock(mutex_);
    auto& account = accounts.at(id);
    if (change.disabled) account.disabled = *change.disabled;
    if (change.granted_role) account.role = change.granted_role->value_or(Role::user);
    std::erase_if(sessions, [&](const auto& entry) { return entry.second.account_id == id; });
    return WriteOutcome::done;
  }
  Account sign_in_breakglass(const BreakglassCredential& user, TimePoint now) override {
    const std::lock_guard lock(mutex_);
    auto& account = accounts[user.id];
    if (account.id.empty()) {
      account.id = user.id;
      account.name = user.username;
      account.role = Role::admin;
    }
    account.last_sign_in_at = now;
    return account;
  }
  Account sign_in_oidc(const OidcIdentity& identity, TimePoint now) override {
    const std::lock_guard lock(mutex_);
    for (auto& [id, account] : accounts) {
      if (account.issuer != identity.issuer || account.subject != identity.subject) continue;
      account.role = account.granted_role.value_or(identity.claimed_role);
      account.last_sign_in_at = now;
      return account;
    }
    Account account;
    account.id = identity.new_id;
    account.source = AccountSource::oidc;
    account.issuer = identity.issuer;
    account.subject = identity.subject;
    account.name = identity.name;
    account.email = identity.email;
    account.role = identity.claimed_role;
    accounts[account.id] = account;
    return account;
  }
  std::optional<BreakglassCredential> find_breakglass(const std::string& username) override {
    const std::lock_guard lock(mutex_);
    const auto found = breakglass.find(username);
    return found == breakglass.end() ? std::nullopt : std::optional(found->second);
  }
  WriteOutcome set_breakglass_password(const std::string& account_id,
                                       const std::string& hash) override {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(breakglass.begin(), breakglass.end(), [&](const auto& entry) {
      return entry.second.id == account_id;
    });
    if (found == breakglass.end()) return WriteOutcome::not_found;
    found->second.password_hash = hash;
    std::erase_if(sessions,
                  [&](const auto& entry) { return entry.second.account_id == found->second.id; });
    return WriteOutcome::done;
  }
  bool create_session(const SessionRow& session) override {
    const std::lock_guard lock(mutex_);
    if (disabled_meanwhile) return false;
    sessions[session.token_hash] = session;
    return true;
  }
  std::optional<KnownSession> find_session(const std::string& hash) override {
    const std::lock_guard lock(mutex_);
    if (away) throw StoreError("away");
    ++reads;
    const auto found = sessions.find(hash);
    if (found == sessions.end()) return std::nullopt;
    return KnownSession{found->second, accounts.at(found->second.account_id)};
  }
  void touch_session(const std::string& hash, TimePoint now) override {
    const std::lock_guard lock(mutex_);
    ++touches;
    sessions.at(hash).last_seen_at = now;
  }
  void delete_session(const std::string& hash) override {
    const std::lock_guard lock(mutex_);
    sessions.erase(hash);
  }
  int delete_sessions(const std::string& account_id) override {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::erase_if(
        sessions, [&](const auto& entry) { return entry.second.account_id == account_id; }));
  }
  void create_token(const ApiTokenRow& token) override {
    const std::lock_guard lock(mutex_);
    tokens[token.id] = token;
  }
  std::vector<ApiTokenRow> list_tokens(const std::string& account_id) override {
    const std::lock_guard lock(mutex_);
    std::vector<ApiTokenRow> rows;
    for (const auto& [id, token] : tokens) {
      if (token.account_id == account_id) rows.push_back(token);
    }
    return rows;
  }
  std::optional<KnownToken> find_token(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    ++reads;
    const auto found = tokens.find(id);
    if (found == tokens.end()) return std::nullopt;
    return KnownToken{found->second, accounts.at(found->second.account_id)};
  }
  WriteOutcome revoke_token(const std::string& account_id, const std::string& id,
                            TimePoint now) override {
    const std::lock_guard lock(mutex_);
    const auto found = tokens.find(id);
    if (found == tokens.end() || found->second.account_id != account_id)
      return WriteOutcome::not_found;
    found->second.revoked_at = now;
    return WriteOutcome::done;
  }
  void note_token_use(const std::vector<std::string>& ids, TimePoint now) override {
    const std::lock_guard lock(mutex_);
    ++touches;
    for (const auto& id : ids) tokens.at(id).last_used_at = now;
  }
  bool consume_once(const std::string& hash, TimePoint) override {
    const std::lock_guard lock(mutex_);
    return consumed_.insert(hash).second;
  }
  void append_audit(const AuditEntry& entry) override {
    const std::lock_guard lock(mutex_);
    audit_entries.push_back(entry);
  }
  std::vector<AuditEntry> audit(const AuditQuery&) override { return audit_entries; }
  IdempotencyBegin begin_idempotent(IdempotencyRecord&) override { return IdempotencyBegin::fresh; }
  void finish_idempotent(const IdempotencyRecord&) override {}
  void abandon_idempotent(const std::string&, const std::string&) override {}
  int prune_accounts(TimePoint, TimePoint) override { return 0; }

 private:
  std::mutex mutex_;
  std::set<std::string> consumed_;
};

// SystemConfig alone; nothing of sign-in may ask for anything else.
class TinySettings final : public SettingsStore {
 public:
  std::map<std::string, ConfigValue> config;

  std::map<std::string, ConfigValue> read_config(const std::string& prefix) override {
    const std::lock_guard lock(mutex_);
    std::map<std::string, ConfigValue> found;
    for (const auto& [key, value] : config) {
      if (key.starts_with(prefix)) found[key] = value;
    }
    return found;
  }
  void write_config(const std::vector<ConfigChange>& changes) override {
    const std::lock_guard lock(mutex_);
    for (const auto& change : changes) {
      if (change.value) {
        config[change.key] = *change.value;
      } else {
        config.erase(change.key);
      }
    }
  }

  std::vector<ProviderRow> list_providers(const std::string&) override { unexpected(); }
  std::optional<ProviderRow> find_provider(const std::string&, const std::string&) override {
    unexpected();
  }
  WriteOutcome create_provider(const ProviderRow&) override { unexpected(); }
  WriteOutcome update_provider(const ProviderRow&, IfGeneration) override { unexpected(); }
  WriteOutcome delete_provider(const std::string&, const std::string&, IfGeneration) override {
    unexpected();
  }
  std::optional<AgentPreferences> find_preferences(const std::string&) override { unexpected(); }
  WriteOutcome put_preferences(const AgentPreferences&, IfGeneration) override { unexpected(); }
  std::optional<AgentRow> find_user_agent(const std::string&) override { unexpected(); }
  WriteOutcome create_user_agent(const NewUserContainer&) override { unexpected(); }
  WriteOutcome update_user_agent(const std::string&, const std::string&, const UserAgentChange&,
                                 IfGeneration) override {
    unexpected();
  }
  bool touch_user_agent(const std::string&, TimePoint) override { unexpected(); }
  bool set_user_agent_state(const std::string&, DesiredState) override { unexpected(); }
  bool restart_user_agent(const std::string&, TimePoint) override { unexpected(); }
  bool replace_user_agent_token(const std::string&, const std::string&) override { unexpected(); }
  std::optional<AgentConfigSource> find_config_source(const std::string&,
                                                      const ResourceKey&) override {
    unexpected();
  }
  WriteOutcome create_system_agent(const NewSystemContainer&) override { unexpected(); }
  WriteOutcome update_system_agent(const std::string&, const SystemAgentChange&,
                                   IfGeneration) override {
    unexpected();
  }
  std::vector<AgentRow> list_agents(const AgentListQuery&) override { unexpected(); }
  int stop_all(ResourceKind) override { unexpected(); }
  BreakglassResult upsert_breakglass(const std::string&, const std::string&,
                                     const std::string&) override {
    unexpected();
  }
  std::vector<BreakglassUser> list_breakglass() override { unexpected(); }

 private:
  [[noreturn]] static void unexpected() { throw std::logic_error("not a matter of sign-in"); }

  std::mutex mutex_;
};

}  // namespace mosaic::test
