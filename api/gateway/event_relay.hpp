// Passes server-sent events on whole: what stands behind the last complete event is held back until it is complete, so
// that a stream that breaks off can still be ended with an event of our own.
//
// Sans I/O, on one thread. Bounded: an event larger than the bound is passed on in parts, and then intact() is false
// until it has ended.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mosaic {

class EventRelay {
 public:
  explicit EventRelay(std::size_t held_back_bytes) : limit_(held_back_bytes) {}

  // What is to be sent now; valid until the next call and while `piece` is.
  std::string_view pass(std::string_view piece);

  // The rest, at the end of a stream that ended as it should.
  std::string_view rest() const { return held_back_; }

  // Everything that was sent so far ends with a complete event.
  bool intact() const { return intact_; }

 private:
  // Passes on all there is: `of_event`, its end, is the beginning of an event that is too large to be held back.
  std::string_view begin_large(std::string_view sent, std::string_view of_event);

  const std::size_t limit_;
  std::string held_back_;  // empty while not intact
  std::string sent_end_;   // the last bytes sent of an event in parts; empty while intact
  std::string sending_;
  bool intact_ = true;
};

}  // namespace mosaic
