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

// In the middle of a rotation: from the key of box() to another.
SecretBox in_rotation() {
  return SecretBox("another secret for fuzzing, 32 or more",
                   "a secret for fuzzing alone, 32 or more");
}

void check_two_keys(std::string_view plaintext, const std::string& under_old,
                    const SecretBox& new_box) {
  static const SecretBox both = in_rotation();
  static const SecretBox third("a third secret for fuzzing, 32 or more");
  require(both.decrypt(under_old) == plaintext, "two keys read what the old one wrote");
  const auto under_new = both.encrypt(plaintext);
  require(both.decrypt(under_new) == plaintext && new_box.decrypt(under_new) == plaintext,
          "two keys write what the new one reads");
  require(is_refused(box(), under_new), "the old key does not read what the new one wrote");
  require(is_refused(both, third.encrypt(plaintext)), "two keys are not three");
  for (auto changed : {under_old, under_new}) {
    changed[number_of(plaintext) % changed.size()] ^= 1;
    require(is_refused(both, changed), "a flipped bit is noticed under either key");
  }
}

// What a database says of its keys is judged, never trusted: without a proof that was written with one of ours, a box of
// two keys knows nothing and goes on writing with the key that it wrote with.
void check_stored_keys(std::string_view input) {
  static SecretBox both = in_rotation();
  const StoredKeys stored{std::string(input), "enc:" + std::string(input), std::string(input)};
  require(!both.knows(stored), "nobody else proves our keys");
  both.follow(stored);
  require(is_refused(box(), both.encrypt("text")), "it is not talked into the old key");
  const StoredKeys damaged{box().key_check_value(), std::nullopt, "enc:" + std::string(input)};
  try {
    in_rotation().open(damaged);
    require(false, "a key of fingerprints that we did not write is refused");
  } catch (const DecryptError&) {
  }
}

void check_round_trip(std::string_view plaintext) {
  static const SecretBox other("another secret for fuzzing, 32 or more");
  const auto stored = box().encrypt(plaintext);
  require(box().decrypt(stored) == plaintext, "what was encrypted comes back");
  require(is_refused(other, stored), "another key reads nothing");
  check_two_keys(plaintext, stored, other);
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
  require(is_refused(in_rotation(), "enc:" + std::string(input)), "two keys read no more");
  check_stored_keys(input);
  check_spelling(input);
  check_secret(input);
}

}  // namespace mosaic::test
