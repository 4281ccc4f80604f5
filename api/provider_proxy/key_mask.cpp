#include "api/provider_proxy/key_mask.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {
namespace {

constexpr std::size_t shortest_secret = 8;

// How much of the text's end is a beginning of the secret, and not all of it.
std::size_t begun_at_end(std::string_view text, std::string_view secret) {
  for (auto size = std::min(text.size(), secret.size() - 1); size > 0; --size) {
    if (text.ends_with(secret.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

KeyMask::KeyMask(std::string_view secret)
    : secret_(secret.size() < shortest_secret ? std::string_view() : secret) {}

std::string_view KeyMask::pass(std::string_view piece) {
  if (secret_.empty()) return piece;
  passing_ = std::exchange(held_back_, {});
  passing_ += piece;
  for (auto at = passing_.find(secret_); at != std::string::npos; at = passing_.find(secret_, at))
    std::fill_n(passing_.begin() + static_cast<std::ptrdiff_t>(at), secret_.size(), '*');
  const auto begun = begun_at_end(passing_, secret_);
  held_back_ = passing_.substr(passing_.size() - begun);
  passing_.resize(passing_.size() - begun);
  return passing_;
}

std::string_view KeyMask::rest() {
  passing_ = std::exchange(held_back_, {});
  return passing_;
}

}  // namespace mosaic
