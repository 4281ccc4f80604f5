#include "api/auth/origin_check.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mosaic {
namespace {

const std::string own = "https://fleet.example.com";

Request request_with(std::vector<HttpField> fields) {
  Request request;
  request.method = "POST";
  request.fields = std::move(fields);
  return request;
}

bool refused(std::vector<HttpField> fields) {
  return refuse_other_origin(request_with(std::move(fields)), own).has_value();
}

TEST(Origin, EveryCombinationOfFetchMetadataHasOneAnswer) {
  const std::vector<std::string> sites{"",
                                       "same-origin",
                                       "same-site",
                                       "cross-site",
                                       "none",
                                       "SAME-ORIGIN",
                                       "same-origin, cross-site",
                                       "odd"};
  const std::vector<std::string> modes{"",         "cors",      "same-origin", "no-cors",
                                       "navigate", "websocket", "odd"};
  const std::vector<std::string> destinations{"", "empty", "document", "iframe", "image", "form"};
  const std::vector<std::string> origins{"", own, "https://evil.example", "null"};
  int passed = 0;
  for (const auto& site : sites) {
    for (const auto& mode : modes) {
      for (const auto& destination : destinations) {
        for (const auto& origin : origins) {
          std::vector<HttpField> fields;
          if (!site.empty()) fields.push_back({"sec-fetch-site", site});
          if (!mode.empty()) fields.push_back({"sec-fetch-mode", mode});
          if (!destination.empty()) fields.push_back({"sec-fetch-dest", destination});
          if (!origin.empty()) fields.push_back({"origin", origin});
          const bool by_metadata =
              site == "same-origin" && (mode.empty() || mode == "cors" || mode == "same-origin");
          const bool by_origin = site.empty() && origin == own;
          const bool pass = by_metadata || by_origin;
          EXPECT_EQ(!refused(fields), pass)
              << site << " " << mode << " " << destination << " " << origin;
          passed += pass ? 1 : 0;
        }
      }
    }
  }
  EXPECT_EQ(passed, 3 * 6 * 4 + 7 * 6);
}

TEST(Origin, MustBeExactlyOurs) {
  for (const auto* origin :
       {"http://fleet.example.com", "https://fleet.example.com:443", "https://fleet.example.com/",
        "https://fleet.example.com.evil.example", "https://x.fleet.example.com",
        "https://FLEET.example.com", "null", ""})
    EXPECT_TRUE(refused({{"origin", origin}})) << origin;
  EXPECT_TRUE(refused({{"origin", own}, {"origin", own}}));
  EXPECT_TRUE(refused({{"sec-fetch-site", "same-origin"}, {"sec-fetch-site", "same-origin"}}));
  EXPECT_TRUE(refused({{"referer", own + "/page"}}));
  EXPECT_TRUE(refuse_other_origin(request_with({{"origin", ""}}), "").has_value());
}

TEST(Origin, WithoutACookieOnlyWhatABrowserSaysIsRefused) {
  const auto said = [](std::vector<HttpField> fields) {
    return refuse_said_other_origin(request_with(std::move(fields)), own).has_value();
  };
  EXPECT_FALSE(said({}));
  EXPECT_FALSE(said({{"origin", own}}));
  EXPECT_TRUE(said({{"origin", "https://evil.example"}}));
  EXPECT_TRUE(said({{"sec-fetch-site", "cross-site"}}));
}

TEST(Origin, ContentOfASessionIsJson) {
  const auto refuse = [](const std::string& method, std::vector<HttpField> fields,
                         const std::string& body) {
    auto request = request_with(std::move(fields));
    request.method = method;
    request.body = body;
    const auto refusal = refuse_other_content(request);
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(refuse("POST", {{"content-type", "application/json"}}, "{}"), 0);
  EXPECT_EQ(refuse("POST", {{"content-type", "Application/JSON; charset=utf-8"}}, "{}"), 0);
  EXPECT_EQ(refuse("POST", {{"content-type", "text/plain"}}, "{}"), 415);
  EXPECT_EQ(refuse("POST", {{"content-type", "text/plain;application/json"}}, "{}"), 415);
  EXPECT_EQ(refuse("POST", {{"content-type", "application/x-www-form-urlencoded"}}, "a=b"), 415);
  EXPECT_EQ(refuse("POST", {}, ""), 415);
  EXPECT_EQ(refuse("DELETE", {}, ""), 0);
  EXPECT_EQ(refuse("DELETE", {}, "{}"), 415);
}

}  // namespace
}  // namespace mosaic
