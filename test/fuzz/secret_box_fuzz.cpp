// What is kept encrypted: every text comes back, none comes back changed, and nothing that was not written by us is read.
#include "secrets/secret_box.hpp"

#include "secrets/base64.hpp"
#include "secrets/base64url.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

const SecretBox& box() {
  static const SecretBox ours("a secret for fuzzing alone, 32 or more");
  return ours;
}

bool is_refused(const SecretBox& by, std::string_view stored) {
  try {
    by.decrypt(stored);
    return false;
  } catch (const DecryptError& error) {
    require(std::string_view(error.what()).find("fuzzing") == std::string_view::npos,
            "an error says nothing of the key");
    return true;
  }
}

// Which byte and which bit depends on the input, so that in the end each has its turn.
std::size_t number_of(std::string_view input) {
  std::size_t number = input.size();
  for (const char c : input) number = number * 131 + static_cast<unsigned char>(c);
  return number;
}

void check_round_trip(std::string_view plaintext) {
  static const SecretBox other("another secret for fuzzing, 32 or more");
  const auto stored = box().encrypt(plaintext);
  require(box().decrypt(stored) == plaintext, "what was encrypted comes back");
  require(is_refused(other, stored), "another key reads nothing");
  const auto number = number_of(plaintext);
  auto changed = stored;
  changed[number % stored.size()] ^= static_cast<char>(1 << number / stored.size() % 8);
  require(is_refused(box(), changed), "one bit that was flipped is noticed");
  require(is_refused(box(), stored.substr(0, number % stored.size())), "a part is no whole");
  require(is_refused(box(), stored + stored.back()), "nothing may be appended");
}

void check_spelling(std::string_view input) {
  if (const auto bytes = base64_decode(input))
    require(base64_encode(*bytes) == input, "base64 has one spelling");
  if (const auto bytes = base64url_decode(input))
    require(base64url_encode(*bytes) == input, "base64url has one spelling");
}

void check_secret(std::string_view input) {
  try {
    const SecretBox made(input);
    require(input.size() >= SecretBox::min_secret_characters && is_utf8(input),
            "a key is long enough, and text");
    require(made.matches_key_check(made.key_check_value()), "a key knows itself");
  } catch (const SecretKeyError& error) {
    require(std::string_view(error.what()).find("MOSAIC_SECRET_KEY") != std::string_view::npos,
            "an error says what to set");
  }
}

}  // namespace

void try_input(std::string_view input) {
  check_round_trip(input);
  require(is_refused(box(), input), "nothing is read that we did not write");
  require(is_refused(box(), "enc:" + std::string(input)), "nothing is read that we did not write");
  require(!box().matches_key_check(input), "nobody else knows our key");
  check_spelling(input);
  check_secret(input);
}

}  // namespace mosaic::test
