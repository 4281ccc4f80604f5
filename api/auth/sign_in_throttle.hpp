// Slows guessing down without locking anybody out: after some failures the next attempt must wait, each time twice as
// long, up to a limit.
//
// Thread-safe. An attempt counts as failed from its beginning, until it is said to have succeeded: many at the same time
// win nothing. Three counts: this account from this address (strict), this account from anywhere, and this address for
// any account (both generous and with short waits, so that a stranger's guessing never keeps the owner out for long).
// Bounded: the entry that was quiet for longest goes first.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/clock.hpp"

namespace mosaic {

class SignInThrottle {
 public:
  struct Rule {
    int free_failures;
    std::chrono::milliseconds first_wait;
    std::chrono::milliseconds longest_wait;
  };
  struct Rules {
    Rule pair{3, std::chrono::seconds(1), std::chrono::seconds(60)};
    Rule account{15, std::chrono::seconds(1), std::chrono::seconds(5)};
    Rule address{25, std::chrono::seconds(1), std::chrono::seconds(5)};
    std::chrono::milliseconds forgotten_after = std::chrono::minutes(15);
    std::size_t entries = 10'000;
  };

  explicit SignInThrottle(const Clock& clock) : SignInThrottle(clock, Rules{}) {}
  SignInThrottle(const Clock& clock, const Rules& rules) : clock_(clock), rules_(rules) {}

  // Nothing: the attempt may be made, and counts. Else how long to wait; then nothing was counted.
  std::optional<std::chrono::milliseconds> begin(const std::string& account,
                                                 const std::string& address);
  void succeeded(const std::string& account, const std::string& address);
  // The attempt was not made after all (too busy): it does not count.
  void withdraw(const std::string& account, const std::string& address);

 private:
  struct Entry {
    int failures = 0;
    SteadyTime last{};
    std::list<std::string>::iterator place;
  };
  struct Counted {
    std::string key;
    const Rule* rule;
  };

  std::array<Counted, 3> counted(const std::string& account, const std::string& address) const;
  std::chrono::milliseconds wait_of(const Counted& counted, SteadyTime now) const;
  void count(const std::string& key, SteadyTime now);
  void forget(const std::string& key);

  const Clock& clock_;
  const Rules rules_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> order_;  // the quietest first
};

}  // namespace mosaic
