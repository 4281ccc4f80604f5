#include "secrets/token.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace mosaic {
namespace {

TEST(Token, Is64HexDigitsAndNeverTheSame) {
  std::set<std::string> seen;
  for (int round = 0; round < 1000; ++round) {
    const std::string token = generate_token();
    EXPECT_EQ(token.size(), 64U);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(RandomId, LooksLikeACuidAndIsNeverTheSame) {
  std::set<std::string> seen;
  std::map<char, int> letters;
  for (int round = 0; round < 1500; ++round) {
    const std::string id = random_id();
    ASSERT_EQ(id.size(), 25U);
    EXPECT_EQ(id.front(), 'c');
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
    EXPECT_TRUE(seen.insert(id).second);
    for (const char letter : id.substr(1)) ++letters[letter];
  }
  // 36,000 fair draws give each letter 1000 times, give or take 31; eight of those are beyond
  // chance.
  ASSERT_EQ(letters.size(), 36U);
  for (const auto& [letter, count] : letters) EXPECT_NEAR(count, 1000, 250) << letter;
}

TEST(ConstantTimeEqual, IsEquality) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("token", "token"));
  EXPECT_FALSE(constant_time_equal("token", "tokeN"));
  EXPECT_FALSE(constant_time_equal("Token", "token"));
  EXPECT_FALSE(constant_time_equal("token", "token2"));
  EXPECT_FALSE(constant_time_equal("", "token"));
  EXPECT_FALSE(constant_time_equal(std::string("a\0b", 3), std::string("a\0c", 3)));
}

TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace mosaic
