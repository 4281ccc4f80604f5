#include "telemetry/redactor.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace mosaic {
namespace {

std::string redact(std::string_view text) { return Redactor().redact(text); }

const std::string hex_token = "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef";

TEST(Redactor, MasksEveryShapeOfSecret) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"value enc:AbC+/x12345678== is stored", "value enc:[redacted] is stored"},
      {"Authorization: Bearer sentinel-token", "Authorization: [redacted]"},
      {"sent Bearer sentinel.token/+= to it", "sent Bearer [redacted] to it"},
      {"sent bearer sentinel", "sent bearer [redacted]"},
      {"sent Basic dXNlcjpwYXNz now", "sent Basic [redacted] now"},
      {"got " + hex_token + ".", "got [redacted]."},
      {"got " + hex_token + "00", "got [redacted]"},
      {"key sk-proj-sentinel123 refused", "key sk-[redacted] refused"},
      {"with mos_c123_sentinel", "with mos_[redacted]"},
      {"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt eyJ[redacted]"},
      {"postgres://mosaic:sentinel@db:5432/mosaic", "postgres://[redacted]@db:5432/mosaic"},
      {"postgres://mosaic:sen/ti@nel@db/x", "postgres://[redacted]@db/x"},
      {"https://sentinel@host/", "https://[redacted]@host/"},
      {"host=db password=sentinel user=mosaic", "host=db password=[redacted] user=mosaic"},
      {"password='sen ti nel' user=mosaic", "password='[redacted]' user=mosaic"},
      {R"({"apiKey": "sentinel", "id": 1})", R"({"apiKey": "[redacted]", "id": 1})"},
      // Inside a quoted text the closing backslash goes along with the value.
      {R"("{\"api_key\":\"sentinel\"}")", R"("{\"api_key\":\"[redacted]"}")"},
      {R"(["OPENCLAW_GATEWAY_TOKEN=sentinel","HOME=/home"])",
       R"(["OPENCLAW_GATEWAY_TOKEN=[redacted]","HOME=/home"])"},
      {"MOSAIC_SECRET_KEY=sentinel, PATH=/bin", "MOSAIC_SECRET_KEY=[redacted], PATH=/bin"},
      {"X-Api-Key: sentinel", "X-Api-Key: [redacted]"},
      {"Cookie: session=sentinel; theme=sentinel\nHost: a", "Cookie: [redacted]\nHost: a"},
      {"?token=sentinel&next=/", "?token=[redacted]&next=/"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(redact(text), expected);
    EXPECT_EQ(redact(text).find("sentinel"), std::string::npos);
  }
}

TEST(Redactor, LeavesOrdinaryTextAlone) {
  for (const std::string_view text :
       {"container user/cabc123 started in 12 ms", "image alpine/openclaw:latest is absent",
        "task-runner and disk-pressure", "no basic authentication",
        "GET http://10.0.0.1:8080/readyz answered 503", "tokens=5 max_tokens: 300",
        "sha 0123456789abcdef0123456789abcdef01234567", "Überall 漢字 🦞", "", "://", "@",
        "mosaic_containers", "enc:", "sk-1",
        "image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(redact(text), text);
  }
}

TEST(Redactor, MasksSeveralSecretsInOneText) {
  EXPECT_EQ(redact("sk-sentinel1 sk-sentinel2,mos_sentinel3"),
            "sk-[redacted] sk-[redacted],mos_[redacted]");
}

TEST(Redactor, TakesLinearTimeOnHostileText) {
  using Clock = std::chrono::steady_clock;
  for (const std::string unit : {"://", "://a ", "a", "password", "password ", "enc:", "Bearer ",
                                 "sk-", "\"", "\\", " ", "token='", "://@", "sk-sk-", "token="}) {
    std::string text;
    while (text.size() < 200'000) text += unit;
    const auto begin = Clock::now();
    redact(text);
    // A quadratic scan would take many minutes; this bound only tells the two apart.
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20)) << unit;
  }
}

}  // namespace
}  // namespace mosaic
