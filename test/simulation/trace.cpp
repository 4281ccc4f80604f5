#include "test/simulation/trace.hpp"

#include <cstdio>

namespace mosaic::simulation {

Trace::Trace(const Clock& clock, bool readable)
    : clock_(clock), begin_(clock.now()), readable_(readable) {}

// FNV-1a.
void Trace::mix(std::string_view text) {
  std::uint64_t hash = hash_;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  hash_ = hash * 31 + 7;
}

void Trace::note(std::initializer_list<std::string_view> words) {
  const std::int64_t now = (clock_.now() - begin_).count();
  mix(std::string_view(reinterpret_cast<const char*>(&now), sizeof now));
  for (const auto word : words) mix(word);
  if (!readable_) return;
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f s ", static_cast<double>(now) / 1000.0);
  std::string line = time;
  for (const auto word : words) {
    line += ' ';
    line += word;
  }
  lines_.push_back(std::move(line));
  if (lines_.size() > longest) lines_.pop_front();
}

}  // namespace mosaic::simulation
