// One complete listing of the engine for everybody who only wants to know whether anything of a row is there at all.
// Ten thousand keys that have nothing then cost one listing a second, and not two each.
//
// Nothing destructive may follow from it: what it shows may be a second old, and whoever acts looks again by itself. That
// nothing is there is concluded only from a complete listing that began after the question arose (S4).
//
// Thread-safety: any method from any thread. No lock is held while the engine answers.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

class SharedListing {
 public:
  // A question that finds a listing younger than this waits for the next one.
  static constexpr Duration at_most_every = std::chrono::seconds(1);

  enum class Answer : std::uint8_t { nothing, something, ask_again };
  struct Finding {
    Answer answer = Answer::ask_again;
    Duration ask_again_in{};
  };

  SharedListing(const Clock& clock, RuntimeDriver& driver) : clock_(clock), driver_(driver) {}

  // The number of the last listing that began: what a question that arises now has to be newer than.
  std::uint64_t last_begun() const;
  // Whether a container or a network of this row is there, to a question that arose when `before` was the last listing.
  // Throws what the driver throws.
  Finding ask(const ResourceKey& row_key, std::uint64_t before);

 private:
  // The number of a listing that is due and now this caller's to take; nothing: not due, or somebody else is at it.
  std::optional<std::uint64_t> begin(std::uint64_t before);
  void take(std::uint64_t number);
  Duration until_next_locked() const;

  const Clock& clock_;
  RuntimeDriver& driver_;

  mutable std::mutex mutex_;
  std::uint64_t last_begun_ = 0;
  std::uint64_t complete_ = 0;  // the number of the one that rows_ is from; 0: none
  bool under_way_ = false;
  SteadyTime begun_at_{};
  std::unordered_set<ResourceKey> rows_;  // that have something on the engine
};

}  // namespace mosaic
