#include "api/auth/cookies.hpp"

#include <gtest/gtest.h>

#include "api/auth/public_origin.hpp"

namespace mosaic {
namespace {

Request with_host(const std::string& host) {
  Request request;
  request.fields = {{"host", host}};
  return request;
}

TEST(Cookies, AreSecuredOnEverySiteButThisHost) {
  EXPECT_EQ(write_cookie("mosaic", true, "v", std::chrono::seconds(60)),
            "__Host-mosaic=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(write_cookie("mosaic", false, "v", std::chrono::seconds(60)),
            "mosaic=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
}

TEST(Cookies, AreReadByTheirWholeName) {
  Request request;
  request.fields = {{"cookie", "a=1; __Host-mosaic=right ;xmosaic=2; mosaic=plain"}};
  EXPECT_EQ(read_cookie(request, "__Host-mosaic"), "right");
  EXPECT_EQ(read_cookie(request, "mosaic"), "plain");
  EXPECT_FALSE(read_cookie(request, "Mosaic"));
}

TEST(Cookies, ThatComeTwiceAreNobodys) {
  Request request;
  request.fields = {{"cookie", "mosaic=1; mosaic=2"}};
  EXPECT_FALSE(read_cookie(request, "mosaic"));
  request.fields = {{"cookie", "mosaic=1"}, {"cookie", "mosaic=1"}};
  EXPECT_FALSE(read_cookie(request, "mosaic"));
}

TEST(PublicOrigin, FollowsTheHostUnlessItIsSet) {
  const PublicOrigin by_host("", false);
  EXPECT_EQ(by_host.of(with_host("Fleet.example.com")), "https://fleet.example.com");
  EXPECT_EQ(by_host.of(with_host("localhost:8080")), "http://localhost:8080");
  EXPECT_EQ(by_host.of(with_host("127.0.0.1")), "http://127.0.0.1");
  EXPECT_EQ(by_host.of(with_host("[::1]:8080")), "http://[::1]:8080");
  EXPECT_TRUE(by_host.secure(with_host("localhost.example.com")));
  EXPECT_EQ(by_host.of(Request()), "");
  EXPECT_FALSE(PublicOrigin("", true).secure(with_host("fleet.lan")));
  const PublicOrigin set("https://fleet.example.com:8443", false);
  EXPECT_EQ(set.of(with_host("localhost:8080")), "https://fleet.example.com:8443");
  EXPECT_TRUE(set.secure(with_host("localhost:8080")));
  EXPECT_FALSE(PublicOrigin("http://fleet.lan:8080", false).secure(with_host("x")));
}

TEST(PublicOrigin, IsHttpsWhereATrustedProxySaysSo) {
  auto through_proxy = with_host("localhost:8080");
  through_proxy.forwarded_https = true;
  EXPECT_EQ(PublicOrigin("", false).of(through_proxy), "https://localhost:8080");
  EXPECT_TRUE(PublicOrigin("", true).secure(through_proxy));
  EXPECT_EQ(PublicOrigin("http://fleet.lan", false).of(through_proxy), "http://fleet.lan");
  // What is not said to be https stays what it was: nothing makes a cookie go without TLS but the setting.
  EXPECT_TRUE(PublicOrigin("", false).secure(with_host("fleet.lan")));
}

TEST(PublicOrigin, MustBeAnOriginAndNothingElse) {
  for (const auto* url : {"fleet.example.com", "https://a/b", "https://u@a", "ftp://a"})
    EXPECT_THROW(PublicOrigin(url, false), std::invalid_argument) << url;
}

}  // namespace
}  // namespace mosaic
