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
  if (held_back_.empty() && intact_) {
    const auto end = piece.ends_with("\n\n") ? piece.size() : end_of_events(piece);
    if (piece.size() - end > limit_) return begin_large(piece, piece.substr(end));
    held_back_ = piece.substr(end);
    return piece.substr(0, end);
  }
  // An event that was begun before: the blank line that ends it may stand across the seam.
  const auto sent_before = sent_end_.size();
  auto text = intact_ ? std::move(held_back_) : std::move(sent_end_);
  held_back_.clear();
  sent_end_.clear();
  text.append(piece);
  const auto end = end_of_events(text);
  const auto rest = std::string_view(text).substr(end);
  const bool still_large = !intact_ && end == 0;
  sending_ = text.substr(sent_before);
  if (still_large || rest.size() > limit_) return begin_large(sending_, rest);
  intact_ = true;
  held_back_ = rest;
  sending_.resize(sending_.size() - rest.size());
  return sending_;
}

std::string_view EventRelay::begin_large(std::string_view sent, std::string_view of_event) {
  constexpr std::size_t seam = 3;  // of the four bytes of the longest blank line
  intact_ = false;
  sent_end_ = of_event.substr(of_event.size() - std::min(seam, of_event.size()));
  return sent;
}

}  // namespace mosaic
