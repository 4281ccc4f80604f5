// Sessions, tokens and records of FakeAccountStore.
#include <algorithm>
#include <limits>
#include <tuple>

#include "model/shown_audit_entry.hpp"
#include "model/stored_text.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_account_store_frame.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_token_name = 200;

}  // namespace

bool FakeAccountStore::create_session(const SessionRow& session) {
  return perform([&] {
    const auto* account = stored(session.account_id);
    if (account == nullptr || account->account.disabled) return false;
    if (!sessions_.emplace(session.token_hash, session).second)
      throw StoreError("a row with the same unique value exists already");
    return true;
  });
}

std::optional<KnownSession> FakeAccountStore::find_session(const std::string& token_hash) {
  return perform([&]() -> std::optional<KnownSession> {
    const auto found = sessions_.find(token_hash);
    if (found == sessions_.end()) return std::nullopt;
    return KnownSession{found->second, stored(found->second.account_id)->account};
  });
}

void FakeAccountStore::touch_session(const std::string& token_hash, TimePoint now) {
  perform([&] {
    const auto found = sessions_.find(token_hash);
    if (found == sessions_.end()) return;
    found->second.last_seen_at = std::max(found->second.last_seen_at, now);
  });
}

void FakeAccountStore::delete_session(const std::string& token_hash) {
  perform([&] {
    const auto found = sessions_.find(token_hash);
    if (found == sessions_.end()) return;
    changed_.insert(found->second.account_id);
    sessions_.erase(found);
  });
}

int FakeAccountStore::end_sessions(const std::string& account_id) {
  const auto gone = std::erase_if(
      sessions_, [&](const auto& entry) { return entry.second.account_id == account_id; });
  if (gone > 0) changed_.insert(account_id);
  return static_cast<int>(gone);
}

int FakeAccountStore::delete_sessions(const std::string& account_id) {
  return perform([&] { return end_sessions(account_id); });
}

void FakeAccountStore::create_token(const ApiTokenRow& token) {
  perform([&] {
    if (stored(token.account_id) == nullptr) throw StoreError("there is no such account");
    ApiTokenRow row = token;
    row.name = shown_text(row.name, longest_token_name);
    row.last_used_at.reset();
    row.revoked_at.reset();
    if (!tokens_.emplace(token.id, row).second)
      throw StoreError("a row with the same unique value exists already");
  });
}

std::vector<ApiTokenRow> FakeAccountStore::list_tokens(const std::string& account_id) {
  return perform([&] {
    std::vector<ApiTokenRow> rows;
    for (const auto& [id, token] : tokens_) {
      if (token.account_id == account_id) rows.push_back(token);
    }
    std::sort(rows.begin(), rows.end(), [](const ApiTokenRow& left, const ApiTokenRow& right) {
      return std::tie(left.created_at, left.id) > std::tie(right.created_at, right.id);
    });
    return rows;
  });
}

std::optional<KnownToken> FakeAccountStore::find_token(const std::string& id) {
  return perform([&]() -> std::optional<KnownToken> {
    const auto found = tokens_.find(id);
    if (found == tokens_.end()) return std::nullopt;
    return KnownToken{found->second, stored(found->second.account_id)->account};
  });
}

WriteOutcome FakeAccountStore::revoke_token(const std::string& account_id, const std::string& id,
                                            TimePoint now) {
  return perform([&] {
    const auto found = tokens_.find(id);
    if (found == tokens_.end() || found->second.account_id != account_id)
      return WriteOutcome::not_found;
    if (!found->second.revoked_at) {
      found->second.revoked_at = now;
      changed_.insert(account_id);
    }
    return WriteOutcome::done;
  });
}

void FakeAccountStore::note_token_use(const std::vector<std::string>& ids, TimePoint now) {
  perform([&] {
    for (const auto& id : ids) {
      const auto found = tokens_.find(id);
      if (found == tokens_.end()) continue;
      auto& used = found->second.last_used_at;
      used = used ? std::max(*used, now) : now;
    }
  });
}

bool FakeAccountStore::consume_once(const std::string& hash, TimePoint expires_at) {
  return perform([&] { return is_storable(hash) && consumed_.emplace(hash, expires_at).second; });
}

void FakeAccountStore::append_audit(const AuditEntry& entry) {
  perform([&] {
    AuditEntry kept = shown_audit_entry(entry);
    kept.id = ++last_audit_id_;
    audit_.push_back(std::move(kept));
  });
}

std::vector<AuditEntry> FakeAccountStore::audit(const AuditQuery& query) {
  return perform([&] {
    std::vector<AuditEntry> page;
    const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, 1000));
    const std::int64_t before =
        query.before_id > 0 ? query.before_id : std::numeric_limits<std::int64_t>::max();
    for (auto entry = audit_.rbegin(); entry != audit_.rend() && page.size() < limit; ++entry) {
      if (entry->id < before && entry->action.starts_with(query.action) &&
          (query.actor_id.empty() || entry->actor_id == query.actor_id)) {
        page.push_back(*entry);
      }
    }
    return page;
  });
}

IdempotencyBegin FakeAccountStore::begin_idempotent(IdempotencyRecord& record) {
  return perform([&] {
    const std::pair place{record.account_id, record.key};
    const auto found = idempotency_.find(place);
    if (found == idempotency_.end() || found->second.expires_at <= clock_.now()) {
      IdempotencyRecord begun;
      begun.account_id = record.account_id;
      begun.key = record.key;
      begun.fingerprint = record.fingerprint;
      begun.expires_at = record.expires_at;
      idempotency_[place] = begun;
      return IdempotencyBegin::fresh;
    }
    if (found->second.fingerprint != record.fingerprint) return IdempotencyBegin::other_request;
    record = found->second;
    return record.finished ? IdempotencyBegin::finished : IdempotencyBegin::running;
  });
}

void FakeAccountStore::finish_idempotent(const IdempotencyRecord& record) {
  perform([&] {
    const auto found = idempotency_.find({record.account_id, record.key});
    if (found == idempotency_.end() || found->second.finished ||
        found->second.fingerprint != record.fingerprint) {
      return;
    }
    found->second = record;
    found->second.content_type = storable_text(record.content_type);
    found->second.body = storable_text(record.body);
    found->second.finished = true;
  });
}

void FakeAccountStore::abandon_idempotent(const std::string& account_id, const std::string& key) {
  perform([&] {
    const auto found = idempotency_.find({account_id, key});
    if (found != idempotency_.end() && !found->second.finished) idempotency_.erase(found);
  });
}

int FakeAccountStore::prune_accounts(TimePoint now, TimePoint audit_before) {
  return perform([&] {
    std::size_t gone = 0;
    for (auto session = sessions_.begin(); session != sessions_.end();) {
      const bool ended = session->second.expires_at <= now;
      if (ended) changed_.insert(session->second.account_id);
      gone += ended ? 1 : 0;
      session = ended ? sessions_.erase(session) : std::next(session);
    }
    gone += std::erase_if(consumed_, [&](const auto& entry) { return entry.second <= now; });
    gone += std::erase_if(idempotency_,
                          [&](const auto& entry) { return entry.second.expires_at <= now; });
    gone += std::erase_if(audit_, [&](const auto& entry) { return entry.at < audit_before; });
    return static_cast<int>(gone);
  });
}

}  // namespace mosaic
