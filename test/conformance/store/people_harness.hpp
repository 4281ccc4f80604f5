// What an AccountStore and a SettingsStore over the same rows must bring along to be tried by their conformance suites.
// One harness is one fresh, empty database.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "test/conformance/store/store_harness.hpp"

namespace mosaic::conformance {

// Remembers of which accounts it heard.
class RecordingAccountListener final : public AccountListener {
 public:
  void on_account_changed(const std::string& id) override { add(id); }
  void on_accounts_missed() override { add("all"); }

  // False when it was not heard within ten seconds.
  bool wait_for(const std::string& id) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::find(heard_.begin(), heard_.end(), id) != heard_.end();
    });
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(heard_, {});
  }

 private:
  void add(const std::string& id) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(id);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

class PeopleHarness {
 public:
  virtual ~PeopleHarness() = default;
  virtual Store& store() = 0;
  virtual AccountStore& accounts() = 0;
  virtual SettingsStore& settings() = 0;
  // As another program would: UPDATE "BreakglassUser" SET "isActive".
  virtual void set_breakglass_active(const std::string& username, bool active) = 0;
  // From now on the listener hears of changes; it has heard nothing yet.
  virtual void listen(RecordingAccountListener& listener) = 0;
};

// Runs the action on several threads at the same time; how many of them answered true.
inline int count_of_threads(int threads, const std::function<bool()>& action) {
  std::atomic<int> count{0};
  std::atomic<int> waiting{threads};
  std::vector<std::thread> running;
  running.reserve(static_cast<std::size_t>(threads));
  for (int index = 0; index < threads; ++index) {
    running.emplace_back([&] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      count += action() ? 1 : 0;
    });
  }
  for (auto& thread : running) thread.join();
  return count;
}

inline OidcIdentity person(const std::string& id, Role role = Role::user) {
  OidcIdentity identity;
  identity.new_id = id;
  identity.issuer = "https://issuer.example";
  identity.subject = "subject-of-" + id;
  identity.name = "Name of " + id;
  identity.email = id + "@example.org";
  identity.claimed_role = role;
  return identity;
}

inline SessionRow session_of(const std::string& account, const std::string& hash) {
  SessionRow session;
  session.token_hash = hash;
  session.account_id = account;
  session.created_at = at(1);
  session.last_seen_at = at(1);
  session.expires_at = at(1'000'000);
  return session;
}

inline ApiTokenRow token_of(const std::string& account, const std::string& id) {
  ApiTokenRow token;
  token.id = id;
  token.account_id = account;
  token.name = "laptop";
  token.secret_hash = "hash-of-" + id;
  token.scopes.add(Scope::chat);
  token.scopes.add(Scope::read);
  token.created_at = at(1);
  token.expires_at = at(5000);
  return token;
}

// What no column can hold, and what nobody should be able to break anything with.
inline std::vector<std::string> odd_texts() {
  return {std::string("a\0b", 3), "\xff\xfe", "\xed\xa0\x80", std::string(1 << 20, 'x'), ""};
}

}  // namespace mosaic::conformance
