// What happened in one run, in order: always as a hash, so that two runs can be compared; as text only when somebody
// wants to read it.
//
// Not thread-safe. Bounded: only the newest `longest` lines are kept.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>

#include "model/clock.hpp"

namespace mosaic::simulation {

class Trace {
 public:
  Trace(const Clock& clock, bool readable);

  // Nothing random that does not come from the seed may be in it: no ciphertext, no address.
  void note(std::initializer_list<std::string_view> words);

  std::uint64_t hash() const { return hash_; }
  const std::deque<std::string>& lines() const { return lines_; }
  bool readable() const { return readable_; }

 private:
  void mix(std::string_view text);

  static constexpr std::size_t longest = 20'000;
  const Clock& clock_;
  const TimePoint begin_;
  const bool readable_;
  std::uint64_t hash_ = 14695981039346656037ULL;
  std::deque<std::string> lines_;
};

}  // namespace mosaic::simulation
