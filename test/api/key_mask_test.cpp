// However a text is cut, the secret does not pass and everything else does.
#include "api/provider_proxy/key_mask.hpp"

#include <gtest/gtest.h>

namespace mosaic::test {
namespace {

std::string masked(const std::string& secret, const std::vector<std::string>& pieces) {
  KeyMask mask(secret);
  std::string passed;
  for (const auto& piece : pieces) passed += mask.pass(piece);
  return passed + std::string(mask.rest());
}

TEST(KeyMask, ASecretIsFoundHoweverTheTextIsCut) {
  const std::string secret = "abcabcabd";
  const std::string text = "xabcabcabcabdyabcabcabdabcabcab";
  const std::string expected = "xabc*********y*********abcabcab";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      EXPECT_EQ(masked(secret, {text.substr(0, first), text.substr(first, second - first),
                                text.substr(second)}),
                expected)
          << first << " " << second;
    }
  }
}

TEST(KeyMask, WhatIsNoBeginningOfTheSecretIsNotHeldBack) {
  KeyMask mask("sk-secret");
  EXPECT_EQ(mask.pass("data: words\n\n"), "data: words\n\n");
  EXPECT_EQ(mask.pass("a sk-s"), "a ");
  EXPECT_EQ(mask.pass("ome"), "sk-some");
}

TEST(KeyMask, AKeyThatStandsInAnyTextIsLeftAlone) {
  EXPECT_EQ(masked("", {"text"}), "text");
  EXPECT_EQ(masked("e", {"text"}), "text");
}

}  // namespace
}  // namespace mosaic::test
