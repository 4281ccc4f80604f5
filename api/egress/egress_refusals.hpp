// What agents were refused, gathered for their events: which host and why, how often. However much an agent asks for, it
// gets one event in a while, which names a few places and counts the rest.
//
// Thread-safety: note() may be called from any thread; write() from one at a time. Throws StoreError; what was to be
// written is lost then.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"
#include "store/egress_refusal_log.hpp"

namespace mosaic {

class EgressRefusals {
 public:
  EgressRefusals(const Clock& clock, EgressRefusalLog& log) : clock_(clock), log_(log) {}

  // `place`: "host:port", of a target that passed the guard; `reason`: one of our own sentences.
  void note(const ResourceKey& agent, const std::string& place, const std::string& reason);

  // Whatever is due.
  void write();

 private:
  struct Gathered {
    std::map<std::string, int> counts;  // "host:port: reason"; a bounded number
    int others = 0;
    SteadyTime due{};
  };

  static std::string message_of(const Gathered& gathered);
  std::vector<EgressRefusal> take_due();

  const Clock& clock_;
  EgressRefusalLog& log_;
  std::mutex mutex_;
  std::map<ResourceKey, Gathered>
      by_agent_;  // a bounded number; without counts once written, until the next is due
};

}  // namespace mosaic
