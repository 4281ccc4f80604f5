#include "api/gateway/event_relay.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {
namespace {

// Behind the last blank line; 0 when there is none.
std::size_t end_of_events(std::string_view text) {
  const auto plain = text.rfind("\n\n");
  const auto with_returns = text.rfind("\r\n\r\n");
  const std::size_t plain_end = plain == std::string_view::npos ? 0 : plain + 2;
  const std::size_t other_end = with_returns == std::string_view::npos ? 0 : with_returns + 4;
  return std::max(plain_end, other_end);
}

}  // namespace

std::string_view EventRelay::pass(std::string_view piece) {
  sending_.clear();
  if (held_back_.empty() && intact_) {
    const auto end = piece.ends_with("\n\n") ? piece.size() : end_of_events(piece);
    held_back_ = piece.substr(end);
    if (held_back_.size() <= limit_) return piece.substr(0, end);
    held_back_.clear();
    intact_ = false;
    return piece;
  }
  // An event that was begun before: the blank line that ends it may stand across the seam.
  held_back_.append(piece);
  const auto end = end_of_events(held_back_);
  if (end > 0) intact_ = true;
  if (end == 0 && held_back_.size() <= limit_ && intact_) return {};
  const auto sent = end == 0 ? held_back_.size() : end;
  if (end == 0) intact_ = false;
  sending_ = held_back_.substr(0, sent);
  held_back_.erase(0, sent);
  return sending_;
}

}  // namespace mosaic
