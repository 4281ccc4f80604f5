#include "api/chunk_decoder.hpp"

#include <algorithm>

namespace mosaic {
namespace {

constexpr int max_size_digits = 12;  // far above any limit, far below overflow

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

}  // namespace

ChunkDecoder::Step ChunkDecoder::next(std::string_view input) {
  Step step;
  while (true) {
    if (state_ == State::done || state_ == State::malformed) {
      step.event = state_ == State::done ? Event::end : Event::malformed;
      return step;
    }
    if (step.consumed == input.size()) {
      announced_ = state_ == State::payload ? size_ : 0;
      return step;
    }
    if (state_ == State::payload) {
      const auto rest = input.substr(step.consumed);
      step.data = rest.substr(0, std::min<std::uint64_t>(size_, rest.size()));
      step.consumed += step.data.size();
      announced_ = size_;
      size_ -= step.data.size();
      if (size_ == 0) state_ = State::payload_return;
      step.event = Event::data;
      return step;
    }
    state_ = after(input[step.consumed++]);
  }
}

ChunkDecoder::State ChunkDecoder::after_size_digit(char c) {
  if (++digits_ > max_size_digits) return State::malformed;
  size_ = size_ * 16 + static_cast<std::uint64_t>(hex_value(c));
  return State::size;
}

ChunkDecoder::State ChunkDecoder::after_trailer_byte(char c) {
  if (++trailer_bytes_ > limits_.trailer_bytes) return State::malformed;
  if (c == '\r') return State::trailer_line_feed;
  return is_text(c) ? State::trailer : State::malformed;
}

ChunkDecoder::State ChunkDecoder::after(char c) {
  switch (state_) {
    case State::first_digit:
      size_ = 0;
      digits_ = 0;
      extension_bytes_ = 0;
      return hex_value(c) >= 0 ? after_size_digit(c) : State::malformed;
    case State::size:
      if (hex_value(c) >= 0) return after_size_digit(c);
      if (c == '\r') return State::size_line_feed;
      return c == ';' ? State::extension : State::malformed;
    case State::extension:
      if (c == '\r') return State::size_line_feed;
      if (++extension_bytes_ > limits_.extension_bytes) return State::malformed;
      return is_text(c) ? State::extension : State::malformed;
    case State::size_line_feed:
      if (c != '\n') return State::malformed;
      return size_ == 0 ? State::trailer_start : State::payload;
    case State::payload_return:
      return c == '\r' ? State::payload_line_feed : State::malformed;
    case State::payload_line_feed:
      return c == '\n' ? State::first_digit : State::malformed;
    case State::trailer_start:
      if (c == '\r') return State::last_line_feed;
      // A trailer that begins with a blank or a colon is no field.
      return c == ' ' || c == '\t' || c == ':' ? State::malformed : after_trailer_byte(c);
    case State::trailer:
      return after_trailer_byte(c);
    case State::trailer_line_feed:
      return c == '\n' ? State::trailer_start : State::malformed;
    case State::last_line_feed:
      return c == '\n' ? State::done : State::malformed;
    case State::payload:
    case State::done:
    case State::malformed:
      break;
  }
  return State::malformed;
}

}  // namespace mosaic
