#include "api/egress/egress_request.hpp"

#include <gtest/gtest.h>

#include "secrets/base64.hpp"
#include "secrets/egress_credential.hpp"

namespace mosaic::test {
namespace {

std::variant<EgressRequest, Rejection> read(const std::string& head) {
  return read_egress_request(head, HeadLimits{});
}

std::string basic(const std::string& text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return "Proxy-Authorization: Basic " + base64_encode({bytes, text.size()}) + "\r\n";
}

TEST(EgressRequest, ATunnelNamesAHostAndAPort) {
  const auto verdict = read("CONNECT API.example.com:443 HTTP/1.1\r\nHost: other\r\n\r\n");
  const auto& request = std::get<EgressRequest>(verdict);
  EXPECT_TRUE(request.tunnel);
  EXPECT_EQ(request.target.host, "api.example.com");
  EXPECT_EQ(request.target.port, 443);
  EXPECT_FALSE(request.credential);
}

TEST(EgressRequest, PlainHttpIsForwardedWithoutWhatWasMeantForTheProxy) {
  const auto verdict = read(
      "POST http://example.com:8000/a?b HTTP/1.1\r\nHost: inner.example\r\nX-Hop: 1\r\n"
      "Connection: keep-alive, X-Hop\r\nProxy-Connection: keep-alive\r\nContent-Length: 3\r\n" +
      basic("user.YzE:secret") + "\r\n");
  EXPECT_EQ(std::get<EgressRequest>(verdict).body_bytes, 3u);
  EXPECT_EQ(std::get<EgressRequest>(verdict).forwarded_head,
            "POST /a?b HTTP/1.1\r\nHost: example.com:8000\r\nConnection: close\r\n"
            "content-length: 3\r\n\r\n");
}

TEST(EgressRequest, NoFieldOfFramingIsTakenAwayByConnection) {
  const auto verdict = read(
      "POST http://example.com/ HTTP/1.1\r\nConnection: content-length\r\nContent-Length: "
      "3\r\n\r\n");
  EXPECT_NE(std::get<EgressRequest>(verdict).forwarded_head.find("content-length: 3"),
            std::string::npos);
}

TEST(EgressRequest, WhatIsReadInTwoWaysIsRefused) {
  for (const std::string line :
       {"CONNECT example.com HTTP/1.1", "CONNECT example.com:22 HTTP/1.1",
        "CONNECT example.com:443/ HTTP/1.1", "CONNECT user@example.com:443 HTTP/1.1",
        "CONNECT 0x7f.1:443 HTTP/1.1", "CONNECT 2130706433:443 HTTP/1.1",
        "CONNECT example.com:443 HTTP/2.0", "GET / HTTP/1.1", "GET https://example.com/ HTTP/1.1",
        "GET ftp://example.com/ HTTP/1.1", "GET  http://example.com/ HTTP/1.1",
        "connect example.com:443 HTTP/1.1", "CONNECT [::1]443 HTTP/1.1", ""}) {
    EXPECT_TRUE(std::holds_alternative<Rejection>(read(line + "\r\n\r\n"))) << line;
  }
  const std::string post = "POST http://example.com/ HTTP/1.1\r\n";
  for (const char* const field :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 5,5\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", " folded\r\n", "Name : value\r\n"}) {
    EXPECT_TRUE(std::holds_alternative<Rejection>(read(post + field + "\r\n"))) << field;
  }
  EXPECT_TRUE(std::holds_alternative<Rejection>(
      read("CONNECT example.com:443 HTTP/1.1\r\nContent-Length: 1\r\n\r\n")));
}

TEST(EgressRequest, ACredentialNamesItsAgentWhateverItsId) {
  const ResourceKey agent(ResourceKind::system_container, "a:b/ä%");
  const auto verdict = read("CONNECT example.com:443 HTTP/1.1\r\n" +
                            basic(egress_user(agent) + ":" + egress_secret("token")) + "\r\n");
  const auto& request = std::get<EgressRequest>(verdict);
  ASSERT_TRUE(request.credential);
  EXPECT_EQ(request.credential->agent, agent);
  EXPECT_EQ(request.credential->secret, egress_secret("token"));
}

TEST(EgressRequest, WhatCanBeNobodysCredentialIsNone) {
  for (const std::string& field :
       {basic("user.YzE"), basic("YzE:secret"), basic("orphan.YzE:secret"), basic("user.:secret"),
        basic("user.AA:secret"), basic("user.Yz%45:secret"),
        basic("user.YzE:s") + basic("user.YzE:s"),
        std::string("Proxy-Authorization: Bearer abc\r\n"),
        std::string("Proxy-Authorization: Basic a\r\n")}) {
    const auto verdict = read("CONNECT example.com:443 HTTP/1.1\r\n" + field + "\r\n");
    EXPECT_FALSE(std::get<EgressRequest>(verdict).credential) << field;
  }
}

TEST(EgressRequest, TheSecretIsNeitherTheTokenNorAnothersSecret) {
  EXPECT_NE(egress_secret("token"), "token");
  EXPECT_NE(egress_secret("token"), egress_secret("other"));
}

}  // namespace
}  // namespace mosaic::test
