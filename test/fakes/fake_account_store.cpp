// Accounts and how people sign in to them.
#include "test/fakes/fake_account_store.hpp"

#include <algorithm>
#include <cctype>

#include "model/stored_text.hpp"
#include "test/fakes/fake_account_store_frame.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_shown = 200;
constexpr std::size_t longest_identity = 1000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool mentions(const Account& account, const std::string& search) {
  if (search.empty()) return true;
  const std::string part = lower(storable_text(search));
  for (const auto* text : {&account.name, &account.email, &account.id}) {
    if (lower(*text).find(part) != std::string::npos) return true;
  }
  return false;
}

std::string identity_text(const std::string& text) {
  if (text.size() > longest_identity || !is_storable(text))
    throw StoreError("the identity provider names its users in a way that cannot be stored");
  return text;
}

// What makes a new generation: all but the generation and the signs of life.
bool same_but_signs_of_life(Account left, const Account& right) {
  left.generation = right.generation;
  left.last_sign_in_at = right.last_sign_in_at;
  return left == right;
}

}  // namespace

FakeAccountStore::StoredAccount* FakeAccountStore::stored(const std::string& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

std::optional<Account> FakeAccountStore::find_account(const std::string& id) {
  return perform([&]() -> std::optional<Account> {
    const auto* found = stored(id);
    if (found == nullptr) return std::nullopt;
    return found->account;
  });
}

std::vector<Account> FakeAccountStore::list_accounts(const AccountQuery& query) {
  return perform([&] {
    std::vector<Account> page;
    const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, 1000));
    for (auto next = accounts_.upper_bound(query.after_id);
         next != accounts_.end() && page.size() < limit; ++next) {
      if (mentions(next->second.account, query.search)) page.push_back(next->second.account);
    }
    return page;
  });
}

bool FakeAccountStore::leaves_no_admin(const StoredAccount& account, const Account& becomes) const {
  const auto active_admin = [](const Account& candidate) {
    return candidate.role == Role::admin && !candidate.disabled;
  };
  if (!active_admin(account.account) || active_admin(becomes)) return false;
  return std::none_of(accounts_.begin(), accounts_.end(), [&](const auto& entry) {
    return entry.first != becomes.id && active_admin(entry.second.account);
  });
}

// Writes a row as an UPDATE would, with all that the triggers do.
void FakeAccountStore::put(StoredAccount& account, const StoredAccount& becomes) {
  const StoredAccount was = account;
  account = becomes;
  Account& now = account.account;
  now.role = now.granted_role.value_or(account.claimed_role);
  now.generation = was.account.generation;
  if (same_but_signs_of_life(was.account, now) && was.claimed_role == account.claimed_role) return;
  ++now.generation;
  if ((now.disabled && !was.account.disabled) || now.role != was.account.role) end_sessions(now.id);
  changed_.insert(now.id);
}

WriteOutcome FakeAccountStore::update_account(const std::string& id, const AccountChange& change,
                                              std::optional<std::int64_t> if_generation) {
  return perform([&] {
    auto* account = stored(id);
    if (account == nullptr) return WriteOutcome::not_found;
    if (if_generation && *if_generation != account->account.generation) return WriteOutcome::stale;
    StoredAccount becomes = *account;
    if (change.granted_role) becomes.account.granted_role = *change.granted_role;
    becomes.account.role = becomes.account.granted_role.value_or(becomes.claimed_role);
    becomes.account.disabled = change.disabled.value_or(becomes.account.disabled);
    becomes.account.agent_allowed = change.agent_allowed.value_or(becomes.account.agent_allowed);
    if (leaves_no_admin(*account, becomes.account)) return WriteOutcome::refused;
    put(*account, becomes);
    return WriteOutcome::done;
  });
}

Account FakeAccountStore::sign_in(StoredAccount& account, StoredAccount becomes, TimePoint now) {
  if (account.account.disabled) return account.account;
  becomes.account.last_sign_in_at = now;
  put(account, becomes);
  return account.account;
}

Account FakeAccountStore::sign_in_breakglass(const BreakglassCredential& user, TimePoint now) {
  return perform([&] {
    auto* account = stored(user.id);
    if (account == nullptr) {
      account = &accounts_[user.id];
      account->account.id = user.id;
      account->account.created_at = now;
      account->account.name = shown_text(user.username, longest_shown);
      account->account.role = account->claimed_role = Role::admin;
    }
    if (account->account.source != AccountSource::breakglass)
      throw StoreError("the breakglass user's id is another account's; make the user anew");
    StoredAccount becomes = *account;
    becomes.account.name = shown_text(user.username, longest_shown);
    return sign_in(*account, becomes, now);
  });
}

Account FakeAccountStore::sign_in_oidc(const OidcIdentity& identity, TimePoint now) {
  return perform([&] {
    const std::string issuer = identity_text(identity.issuer);
    const std::string subject = identity_text(identity.subject);
    const auto found = std::find_if(accounts_.begin(), accounts_.end(), [&](const auto& entry) {
      const Account& account = entry.second.account;
      return account.source == AccountSource::oidc && account.issuer == issuer &&
             account.subject == subject;
    });
    const bool known = found != accounts_.end();
    if (!known && accounts_.contains(identity.new_id))
      throw StoreError("a row with the same unique value exists already");
    StoredAccount becomes = known ? found->second : StoredAccount{};
    becomes.account.source = AccountSource::oidc;
    becomes.account.issuer = issuer;
    becomes.account.subject = subject;
    becomes.account.name = shown_text(identity.name, longest_shown);
    becomes.account.email = shown_text(identity.email, longest_shown);
    becomes.claimed_role = identity.claimed_role;
    if (known) return sign_in(found->second, becomes, now);
    becomes.account.id = identity.new_id;
    becomes.account.role = identity.claimed_role;
    becomes.account.created_at = now;
    becomes.account.last_sign_in_at = now;
    accounts_[identity.new_id] = becomes;
    return becomes.account;
  });
}

std::optional<BreakglassCredential> FakeAccountStore::find_breakglass(const std::string& username) {
  return perform([&]() -> std::optional<BreakglassCredential> {
    const auto found = breakglass_.find(username);
    if (found == breakglass_.end()) return std::nullopt;
    return found->second;
  });
}

WriteOutcome FakeAccountStore::set_breakglass_password(const std::string& account_id,
                                                       const std::string& password_hash) {
  return perform([&] {
    const auto found = std::find_if(breakglass_.begin(), breakglass_.end(), [&](const auto& entry) {
      return entry.second.id == account_id;
    });
    if (found == breakglass_.end()) return WriteOutcome::not_found;
    found->second.password_hash = password_hash;
    end_sessions(found->second.id);
    return WriteOutcome::done;
  });
}

void FakeAccountStore::set_disabled(const std::string& id, bool disabled) {
  auto* account = stored(id);
  if (account == nullptr || account->account.source != AccountSource::breakglass) return;
  StoredAccount becomes = *account;
  becomes.account.disabled = disabled;
  put(*account, becomes);
}

BreakglassResult FakeAccountStore::upsert_breakglass(const std::string& id,
                                                     const std::string& username,
                                                     const std::string& password_hash) {
  return perform([&] {
    BreakglassResult result;
    result.created = !breakglass_.contains(username);
    BreakglassCredential& user = breakglass_[username];
    if (result.created) user.id = id;
    user.username = username;
    user.password_hash = password_hash;
    user.active = true;
    result.id = user.id;
    end_sessions(user.id);
    set_disabled(user.id, false);
    if (auto* account = stored(user.id)) {
      StoredAccount becomes = *account;
      becomes.account.granted_role.reset();
      put(*account, becomes);
    }
    return result;
  });
}

std::vector<BreakglassUser> FakeAccountStore::list_breakglass() {
  return perform([&] {
    std::vector<BreakglassUser> users;
    for (const auto& [username, user] : breakglass_)
      users.push_back({user.id, user.username, user.active});
    return users;
  });
}

void FakeAccountStore::set_breakglass_active(const std::string& username, bool active) {
  perform([&] {
    const auto found = breakglass_.find(username);
    if (found == breakglass_.end() || found->second.active == active) return;
    found->second.active = active;
    set_disabled(found->second.id, !active);
  });
}

void FakeAccountStore::fail_next(int operations) {
  const std::lock_guard lock(mutex_);
  failures_left_ = operations;
}

void FakeAccountStore::set_listener(AccountListener* listener) {
  const std::lock_guard lock(mutex_);
  listener_ = listener;
}

std::size_t FakeAccountStore::session_count() {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace mosaic
