#include "api/auth/api_token.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(ApiTokens, AreReadAsTheyWereWritten) {
  const auto token = new_api_token();
  const auto text = to_string(token);
  EXPECT_EQ(text.substr(0, 4), "mos_");
  EXPECT_EQ(token.secret.size(), 64U);
  const auto parsed = parse_api_token(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, token.id);
  EXPECT_EQ(parsed->secret, token.secret);
}

TEST(ApiTokens, InAnyOtherSpellingAreNone) {
  const auto good = to_string(new_api_token());
  EXPECT_FALSE(parse_api_token(""));
  EXPECT_FALSE(parse_api_token(good + "0"));
  EXPECT_FALSE(parse_api_token(good.substr(1)));
  EXPECT_FALSE(parse_api_token("MOS_" + good.substr(4)));
  auto upper = good;
  upper.back() = 'A';
  EXPECT_FALSE(parse_api_token(upper));
  auto joined = good;
  joined[4 + 25] = '-';
  EXPECT_FALSE(parse_api_token(joined));
}

TEST(ApiTokens, InAQueryAreSeenInEverySpelling) {
  for (const auto* query :
       {"token=x", "a=b&access_token=x", "ACCESS_TOKEN=x", "api%5Fkey=x", "x=mos_abc",
        "x=%6dos_abc", "mos_abc", "a=1;token=2", "x-mosaic-setup-token=1"})
    EXPECT_TRUE(query_has_credential(query)) << query;
  for (const auto* query : {"", "code=abc&state=def", "limit=5&after=c1", "tokens=3", "q=most"})
    EXPECT_FALSE(query_has_credential(query)) << query;
}

}  // namespace
}  // namespace mosaic
