#include "api/http_message.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(Request, FieldThatStandsTwiceHasNoValue) {
  Request request;
  request.fields = {{"authorization", "a"}, {"accept", "x"}, {"authorization", "b"}};
  EXPECT_EQ(request.field("accept"), "x");
  EXPECT_FALSE(request.field("authorization"));
  EXPECT_FALSE(request.field("missing"));
}

TEST(Request, ListFieldsAreSearchedElementByElement) {
  Request request;
  request.fields = {{"accept", "text/html;q=0.5, Application/X-Tar ;q=1"}, {"accept", "a,,b"}};
  EXPECT_TRUE(request.lists("accept", "application/x-tar"));
  EXPECT_TRUE(request.lists("accept", "b"));
  EXPECT_FALSE(request.lists("accept", "x-tar"));
}

TEST(PercentDecoding, RefusesBrokenEncodings) {
  EXPECT_EQ(percent_decoded("a%20b%2F"), "a b/");
  EXPECT_FALSE(percent_decoded("%"));
  EXPECT_FALSE(percent_decoded("%2"));
  EXPECT_FALSE(percent_decoded("%zz"));
}

}  // namespace
}  // namespace mosaic
