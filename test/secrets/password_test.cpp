#include "secrets/password.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mosaic {
namespace {

// As cheap as bcrypt gets: the rules are the same at every cost.
PasswordHasher cheap_hasher() { return PasswordHasher(PasswordHasher::min_cost); }

TEST(Password, IsKnownByItsHashAndNoOtherIs) {
  const auto hasher = cheap_hasher();
  const std::string hash = hasher.hash_password("correct horse 🐎");
  EXPECT_TRUE(hash.starts_with("$2b$04$"));
  EXPECT_EQ(hash.size(), 60U);
  EXPECT_TRUE(hasher.verify_password("correct horse 🐎", hash));
  EXPECT_FALSE(hasher.verify_password("correct horse", hash));
  EXPECT_FALSE(hasher.verify_password("Correct horse 🐎", hash));
}

TEST(Password, HasAnotherHashEachTime) {
  const auto hasher = cheap_hasher();
  EXPECT_NE(hasher.hash_password("same"), hasher.hash_password("same"));
}

TEST(Password, CostsTwelveUnlessToldOtherwise) {
  EXPECT_TRUE(PasswordHasher().hash_password("password").starts_with("$2b$12$"));
}

TEST(Password, UnderstandsHashesOfOtherPrograms) {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
      {"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
      {"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
      {"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
      {"\xff\xff\xa3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"}};
  const auto hasher = cheap_hasher();
  for (const auto& [password, hash] : vectors) {
    EXPECT_TRUE(hasher.verify_password(password, hash)) << hash;
    EXPECT_FALSE(hasher.verify_password(password + "x", hash)) << hash;
  }
}

TEST(Password, OfExactly72BytesIsReadToItsEnd) {
  const auto hasher = cheap_hasher();
  const std::string longest(72, 'p');
  const std::string hash = hasher.hash_password(longest);
  EXPECT_TRUE(hasher.verify_password(longest, hash));
  EXPECT_FALSE(hasher.verify_password(longest.substr(1) + "q", hash));
  EXPECT_FALSE(hasher.verify_password(longest.substr(1), hash));
}

TEST(Password, ThatBcryptWouldCutIsRefusedWhenSetAndWhenChecked) {
  const auto hasher = cheap_hasher();
  const std::string hash = hasher.hash_password(std::string(72, 'p'));
  const std::vector<std::string> unusable{std::string(), std::string(73, 'p'),
                                          std::string("sentinel\0more", 13), std::string(1, '\0')};
  for (const auto& password : unusable) {
    EXPECT_THROW(hasher.hash_password(password), PasswordError);
    EXPECT_THROW(hasher.verify_password(password, hash), PasswordError);
    EXPECT_THROW(hasher.verify_unknown_user(password), PasswordError);
  }
  try {
    hasher.hash_password(std::string("sentinel\0more", 13));
  } catch (const PasswordError& error) {
    EXPECT_EQ(std::string(error.what()).find("sentinel"), std::string::npos);
  }
}

TEST(Password, MatchesNoStoredTextThatIsNotBcrypt) {
  const auto hasher = cheap_hasher();
  const std::string hash = hasher.hash_password("password");
  for (const std::string& stored :
       {std::string(), std::string("password"), std::string("*"), std::string("!"),
        std::string("x"), std::string("$6$salt$hash"), hash.substr(0, 59), hash + "x",
        "$2b$31$" + hash.substr(7), "$2b$03$" + hash.substr(7), "$2x$" + hash.substr(4),
        std::string("$2b$04$") + std::string(53, '!')}) {
    EXPECT_FALSE(hasher.verify_password("password", stored)) << stored;
  }
}

TEST(Password, OfAnUnknownUserIsNeverRight) {
  const auto hasher = cheap_hasher();
  for (const std::string_view password : {"password", "admin", "."})
    EXPECT_FALSE(hasher.verify_unknown_user(password));
}

TEST(Password, CostIsBounded) {
  EXPECT_THROW(PasswordHasher(3), std::invalid_argument);
  EXPECT_THROW(PasswordHasher(17), std::invalid_argument);
}

}  // namespace
}  // namespace mosaic
