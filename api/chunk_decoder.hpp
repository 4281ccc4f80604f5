// Takes the chunked transfer coding apart, byte for byte as RFC 9112 has it and not a byte more forgiving: no bare line
// feeds, no blanks around a size, bounded sizes, extensions and trailers. Extensions and trailers are dropped.
//
// Sans I/O: fed with whatever has arrived, in pieces of any length. One decoder per body, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mosaic {

class ChunkDecoder {
 public:
  struct Limits {
    std::size_t extension_bytes = 256;  // of one chunk
    std::size_t trailer_bytes = 4096;   // of all trailers
  };

  enum class Event : std::uint8_t {
    need_more,  // all input is consumed
    data,       // `data` is a piece of the body
    end,        // the body is over; what follows in the input is not part of it
    malformed,  // nobody knows where the body ends
  };
  struct Step {
    Event event = Event::need_more;
    std::size_t consumed = 0;
    std::string_view data;  // points into the input
  };

  explicit ChunkDecoder(Limits limits) : limits_(limits) {}

  Step next(std::string_view input);

  // What the last step's data and the rest of its chunk amount to.
  std::uint64_t announced() const { return announced_; }

 private:
  enum class State : std::uint8_t {
    first_digit,
    size,
    extension,
    size_line_feed,
    payload,
    payload_return,
    payload_line_feed,
    trailer_start,
    trailer,
    trailer_line_feed,
    last_line_feed,
    done,
    malformed,
  };

  State after(char c);
  State after_size_digit(char c);
  State after_trailer_byte(char c);

  Limits limits_;
  State state_ = State::first_digit;
  std::uint64_t size_ = 0;  // of the present chunk: what is still to come
  std::uint64_t announced_ = 0;
  int digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace mosaic
