#include "api/gateway/json_scan.hpp"

#include <cstring>

namespace mosaic {
namespace {

constexpr int max_depth = 64;

// Reads one JSON text from its front. Every function answers false at the first byte that cannot be.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool object(std::span<JsonMember> wanted) {
    skip_blanks();
    if (!take('{')) return false;
    skip_blanks();
    if (!take('}')) {
      do {
        if (!member(wanted)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    skip_blanks();
    return at_ == end_;
  }

 private:
  bool member(std::span<JsonMember> wanted) {
    skip_blanks();
    const char* name_begin = at_ + 1;
    if (!string()) return false;
    const std::string_view name(name_begin, static_cast<std::size_t>(at_ - 1 - name_begin));
    if (name.find('\\') != std::string_view::npos) return false;
    skip_blanks();
    if (!take(':')) return false;
    skip_blanks();
    const char* value_begin = at_;
    if (!value(1)) return false;
    const std::string_view found(value_begin, static_cast<std::size_t>(at_ - value_begin));
    for (auto& one : wanted) {
      if (one.name != name) continue;
      if (!one.value.empty()) return false;
      one.value = found;
    }
    skip_blanks();
    return true;
  }

  bool value(int depth) {
    if (at_ == end_ || depth > max_depth) return false;
    switch (*at_) {
      case '"':
        return string();
      case '{':
        return container('}', depth, true);
      case '[':
        return container(']', depth, false);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool container(char closing, int depth, bool has_names) {
    ++at_;
    skip_blanks();
    if (take(closing)) return true;
    do {
      skip_blanks();
      if (has_names) {
        if (!string()) return false;
        skip_blanks();
        if (!take(':')) return false;
        skip_blanks();
      }
      if (!value(depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take(closing);
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const auto c = static_cast<unsigned char>(*at_++);
      if (c == '"') return true;
      if (c < 0x20) return false;
      if (c == '\\' && !escape()) return false;
      if (c >= 0x80 && !rest_of_character(c)) return false;
    }
    return false;
  }

  // UTF-8 behind its first byte: neither overlong, nor a surrogate, nor beyond Unicode.
  bool rest_of_character(unsigned char first) {
    if (first < 0xc2 || first > 0xf4) return false;
    const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    for (int i = 0; i < more; ++i) {
      if (at_ == end_) return false;
      const auto c = static_cast<unsigned char>(*at_++);
      const bool second = i == 0;
      const unsigned char least = second && first == 0xe0   ? 0xa0
                                  : second && first == 0xf0 ? 0x90
                                                            : 0x80;
      const unsigned char most = second && first == 0xed   ? 0x9f
                                 : second && first == 0xf4 ? 0x8f
                                                           : 0xbf;
      if (c < least || c > most) return false;
    }
    return true;
  }

  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::strchr("\"\\/bfnrt", c) != nullptr && c != '\0';
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_ || !is_hex(*at_++)) return false;
    }
    return true;
  }

  bool number() {
    take('-');
    if (take('0')) {
      if (at_ != end_ && is_digit(*at_)) return false;
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool word(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) return false;
    if (std::string_view(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool scan_json_object(std::string_view text, std::span<JsonMember> wanted) {
  return Scanner(text).object(wanted);
}

}  // namespace mosaic
