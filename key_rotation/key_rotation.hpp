// Every stored secret from one MOSAIC_SECRET_KEY to another, beside a fleet at work.
//
// 1. The database names the new key beside the one in force. Every process has both by then: each reads what either
//    wrote, and writes with the new one within a second. A process with one of them only is refused at its start.
// 2. Whatever is under the old key is written anew, some rows at a time, until nothing is left. That a row is done shows
//    in the row alone; so a rotation that was killed, at whatever moment, is begun again and does what is left.
// 3. The new key is the one in force, and a process that has only the old one is refused.
// Nothing is ever written over a text that neither key opens: it is counted and left as it is. Beginning and end stand
// in the audit log.
//
// Main thread only. Throws StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/key_check_store.hpp"
#include "store/secret_columns.hpp"

namespace mosaic {

// Nothing was written; what() is one line that says what to do.
class KeyRotationRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Processes of the fleet have to be started anew with both keys first; what() names them.
class ProcessesHaveOneKey : public KeyRotationRefused {
 public:
  using KeyRotationRefused::KeyRotationRefused;
};

// Asked to end between two batches; the next run does the rest.
class KeyRotationInterrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class KeyRotationProgress {
 public:
  virtual ~KeyRotationProgress() = default;
  // After each batch. Of `total` texts in the pass; both begin anew with another pass.
  virtual void advanced(std::uint64_t done, std::uint64_t total) = 0;
  // Lets `duration` pass; called with zero between batches. False: somebody wants this to end.
  virtual bool wait(Duration duration) = 0;
};

struct KeyRotationSettings {
  std::size_t batch_rows = 200;
  // What was begun with the old key before the fleet's processes heard of the new one is written within this time.
  Duration settle = std::chrono::seconds(5);
  // A row that is written under the old key again and again, or held for so long, means a process that was not heard of.
  int passes = 50;
};

struct KeyRotationResult {
  std::uint64_t rewritten = 0;
  std::map<std::string, std::uint64_t>
      unreadable;         // texts that neither key opens, by the column's name
  bool was_done = false;  // the new key had been in force before
};

class KeyRotation {
 public:
  // Throws SecretKeyError.
  KeyRotation(KeyCheckStore& keys, SecretColumns& secrets, const Clock& clock,
              std::string_view from, std::string_view to, KeyRotationSettings settings = {});

  KeyRotationResult run(KeyRotationProgress& progress);

 private:
  enum class Begin : std::uint8_t { under_way, in_force, changed_meanwhile };

  Begin begin();
  void require_keys(const StoredKeys& stored) const;
  void require_two_keys_everywhere();
  void rewrite_everything(KeyRotationProgress& progress);
  void rewrite(const SecretColumn& column, std::uint64_t total, KeyRotationProgress& progress);
  std::optional<std::string> under_new_key(const std::string& stored);
  std::uint64_t left_under_old_key(KeyRotationProgress& progress);
  AuditEntry entry(std::string detail) const;
  void finish();

  KeyCheckStore& keys_;
  SecretColumns& secrets_;
  const Clock& clock_;
  const KeyRotationSettings settings_;
  SecretBox from_;
  const SecretBox to_;
  std::uint64_t done_ = 0;  // in this pass
  KeyRotationResult result_;
};

}  // namespace mosaic
