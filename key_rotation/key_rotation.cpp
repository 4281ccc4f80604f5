#include "key_rotation/key_rotation.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {
namespace {

constexpr int begin_attempts = 3;
constexpr Duration between_passes = std::chrono::milliseconds(500);

bool opens(const SecretBox& box, const std::string& stored) {
  try {
    box.decrypt(stored);
    return true;
  } catch (const DecryptError&) {
    return false;
  }
}

// Of this run: what others that were killed had done is under the new key already.
std::string words_of_the_end(const KeyRotationResult& result) {
  std::uint64_t unreadable = 0;
  for (const auto& column : result.unreadable) unreadable += column.second;
  return "done: the new key alone is in force; " + std::to_string(result.rewritten) +
         " secrets rewritten by the last run, " + std::to_string(unreadable) +
         " that neither key opens";
}

void go_on(KeyRotationProgress& progress, Duration after = Duration::zero()) {
  if (progress.wait(after)) return;
  throw KeyRotationInterrupted(
      "interrupted; nothing is lost and everything can be read with the two keys: give the same "
      "command again to go on");
}

}  // namespace

KeyRotation::KeyRotation(KeyCheckStore& keys, SecretColumns& secrets, const Clock& clock,
                         std::string_view from, std::string_view to, KeyRotationSettings settings)
    : keys_(keys), secrets_(secrets), clock_(clock), settings_(settings), from_(from), to_(to) {
  if (from_.matches_key_check(to_.key_check_value()))
    throw KeyRotationRefused("the new key is the old one; nothing was changed");
}

KeyRotationResult KeyRotation::run(KeyRotationProgress& progress) {
  result_ = {};
  Begin begun = Begin::changed_meanwhile;
  for (int attempt = 0; begun == Begin::changed_meanwhile; ++attempt) {
    if (attempt == begin_attempts)
      throw KeyRotationRefused("somebody else changes the keys of this database at this moment");
    begun = begin();
  }
  result_.was_done = begun == Begin::in_force;
  const SteadyTime settled = clock_.steady_now() + settings_.settle;
  for (int pass = 0;; ++pass) {
    if (pass == settings_.passes) {
      throw KeyRotationInterrupted(
          "rows keep being written under the old key, or are held by somebody: end processes that "
          "have the old key only, and give the same command again to go on");
    }
    rewrite_everything(progress);
    const auto early = std::chrono::ceil<Duration>(settled - clock_.steady_now());
    if (left_under_old_key(progress) == 0 && early <= Duration::zero()) break;
    go_on(progress, std::max(early, between_passes));
  }
  if (begun == Begin::under_way) finish();
  return std::move(result_);
}

KeyRotation::Begin KeyRotation::begin() {
  if (!keys_.may_rotate()) {
    throw KeyRotationRefused(
        "this login of the database may do what the API does and no more: nothing was changed; "
        "give DATABASE_URL with the login that owns the tables");
  }
  const StoredKeys stored = keys_.stored_keys();
  require_keys(stored);
  if (!stored.next_check && to_.matches_key_check(*stored.check)) return Begin::in_force;
  require_two_keys_everywhere();
  if (stored.next_check) return Begin::under_way;
  from_.open(stored);
  const bool written =
      keys_.begin_rotation(stored, to_.key_check_value(), from_.fingerprint_key_under(to_),
                           entry("begun: processes write with the new key from here on"));
  return written ? Begin::under_way : Begin::changed_meanwhile;
}

void KeyRotation::require_keys(const StoredKeys& stored) const {
  if (!stored.check) {
    throw KeyRotationRefused(
        "no process has used this database with a key yet: just start the first with the new key");
  }
  if (stored.next_check) {
    if (from_.matches_key_check(*stored.check) && to_.matches_key_check(*stored.next_check)) return;
    throw KeyRotationRefused(
        "a rotation of the key is under way with other keys than these: nothing was changed; "
        "finish "
        "it with the two keys that it was begun with");
  }
  if (to_.matches_key_check(*stored.check) || from_.matches_key_check(*stored.check)) return;
  throw KeyRotationRefused(
      "the old key is not the key of this database: nothing was changed; give the one that its "
      "processes run with");
}

void KeyRotation::require_two_keys_everywhere() {
  const auto processes = keys_.processes_with_one_key();
  if (processes.empty()) return;
  std::string names;
  for (const auto& process : processes) names += (names.empty() ? "" : ", ") + process;
  throw ProcessesHaveOneKey(
      "processes of this fleet have one key only and could not read what the other wrote: " +
      names + "; nothing was changed");
}

void KeyRotation::rewrite_everything(KeyRotationProgress& progress) {
  std::uint64_t total = 0;
  for (const auto& column : secret_columns()) total += secrets_.count(column);
  done_ = 0;
  for (const auto& column : secret_columns()) rewrite(column, total, progress);
}

void KeyRotation::rewrite(const SecretColumn& column, std::uint64_t total,
                          KeyRotationProgress& progress) {
  std::optional<SecretPosition> after = SecretPosition{};
  while (after) {
    std::uint64_t rewritten = 0;
    const auto batch =
        secrets_.replace(column, *after, settings_.batch_rows, [&](const std::string& stored) {
          auto text = under_new_key(stored);
          if (text) ++rewritten;
          return text;
        });
    result_.rewritten += rewritten;
    done_ += batch.rows;
    // Others add rows meanwhile.
    progress.advanced(done_, std::max(done_, total));
    go_on(progress);
    after = batch.last;
  }
}

// Nothing for what is under the new key already, and for what cannot be read.
std::optional<std::string> KeyRotation::under_new_key(const std::string& stored) {
  if (opens(to_, stored) || !opens(from_, stored)) return std::nullopt;
  return to_.encrypt(from_.decrypt(stored));
}

// Also what others hold, and what was written since.
std::uint64_t KeyRotation::left_under_old_key(KeyRotationProgress& progress) {
  std::uint64_t left = 0;
  result_.unreadable.clear();
  for (const auto& column : secret_columns()) {
    std::optional<SecretPosition> after = SecretPosition{};
    while (after) {
      const auto batch =
          secrets_.read(column, *after, settings_.batch_rows, [&](const std::string& stored) {
            if (opens(to_, stored)) return;
            opens(from_, stored) ? ++left : ++result_.unreadable[column.name];
          });
      go_on(progress);
      after = batch.last;
    }
  }
  return left;
}

AuditEntry KeyRotation::entry(std::string detail) const {
  AuditEntry entry;
  entry.at = clock_.now();
  entry.via = "cli";
  entry.action = "secret-key.rotate";
  entry.target = "fleet";
  entry.outcome = "ok";
  entry.detail = std::move(detail);
  return entry;
}

void KeyRotation::finish() {
  const StoredKeys stored = keys_.stored_keys();
  if (stored.next_check && to_.matches_key_check(*stored.next_check) &&
      keys_.finish_rotation(*stored.next_check, entry(words_of_the_end(result_))))
    return;
  // Another run of the same rotation was faster.
  const auto check = keys_.key_check();
  if (!check || !to_.matches_key_check(*check))
    throw KeyRotationInterrupted("somebody else changed the keys of this database; look who did");
}

}  // namespace mosaic
