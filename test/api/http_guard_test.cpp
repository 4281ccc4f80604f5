#include "api/http_guard.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

int status_of(const std::string& head) {
  const auto checked = check_request_head(head, HeadLimits());
  const auto* rejection = std::get_if<Rejection>(&checked);
  return rejection == nullptr ? 200 : rejection->status;
}

RequestHead accepted(const std::string& head) {
  auto checked = check_request_head(head, HeadLimits());
  if (const auto* rejection = std::get_if<Rejection>(&checked)) {
    ADD_FAILURE() << rejection->detail;
    return {};
  }
  return std::get<RequestHead>(std::move(checked));
}

std::string with_fields(const std::string& fields, const std::string& line = "POST / HTTP/1.1") {
  return line + "\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(HttpGuard, RequestLineIsExact) {
  struct Row {
    std::string line;
    int status;
  };
  const std::vector<Row> rows{{"GET / HTTP/1.1", 200},
                              {"GET /a?b=c%20d HTTP/1.0", 200},
                              {"GET  / HTTP/1.1", 400},
                              {"GET / HTTP/1.1 ", 400},
                              {" GET / HTTP/1.1", 400},
                              {"GET /", 400},
                              {"GET / HTTP/2.0", 400},
                              {"GET / http/1.1", 400},
                              {"GET / HTTP/1.10", 400},
                              {"GET http://a/ HTTP/1.1", 400},
                              {"OPTIONS * HTTP/1.1", 400},
                              {"CONNECT a:1 HTTP/1.1", 400},
                              {"GET /a b HTTP/1.1", 400},
                              {"GET /\x7f HTTP/1.1", 400},
                              {"GET /\xc3\xa4 HTTP/1.1", 400},
                              {"GET /a#b HTTP/1.1", 400},
                              {"GET /%zz HTTP/1.1", 400},
                              {"GET /%00 HTTP/1.1", 400},
                              {"get / HTTP/1.1", 400},
                              {"G@T / HTTP/1.1", 400},
                              {std::string(17, 'G') + " / HTTP/1.1", 400},
                              {"", 400}};
  for (const auto& row : rows) {
    EXPECT_EQ(status_of(row.line + "\r\nHost: a\r\n\r\n"), row.status) << row.line;
  }
}

TEST(HttpGuard, LinesEndWithCrLfAndNothingElse) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of(std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29)), 400);
  EXPECT_EQ(status_of("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n"), 400);
}

TEST(HttpGuard, FieldsAreExact) {
  EXPECT_EQ(status_of(with_fields("X: \t y \r\n")), 200);
  EXPECT_EQ(status_of(with_fields("X : y\r\n")), 400);
  EXPECT_EQ(status_of(with_fields(": y\r\n")), 400);
  EXPECT_EQ(status_of(with_fields("X\r\n")), 400);
  EXPECT_EQ(status_of(with_fields("X: a\r\n b\r\n")), 400);
  EXPECT_EQ(status_of(with_fields("X\xe4: y\r\n")), 400);
  EXPECT_EQ(status_of(with_fields("X: a\x01\r\n")), 400);
  EXPECT_EQ(status_of(with_fields("X(: y\r\n")), 400);
}

TEST(HttpGuard, ExactlyOneHost) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 200);
}

TEST(HttpGuard, BodyLengthIsSaidInExactlyOneWay) {
  struct Row {
    std::string fields;
    int status;
  };
  const std::vector<Row> rows{
      {"Content-Length: 5\r\n", 200},
      {"Content-Length: 0\r\n", 200},
      {"Transfer-Encoding: chunked\r\n", 200},
      {"transfer-encoding: Chunked\r\n", 200},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: -5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length: 5 5\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length: 99999999999999999999\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", 400},
      {"Transfer-Encoding: gzip\r\n", 400},
      {"Transfer-Encoding: gzip, chunked\r\n", 400},
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: xchunked\r\n", 400},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: \"chunked\"\r\n", 400},
      {"Transfer-Encoding : chunked\r\n", 400},
      {"Transfer-Encoding:\r\n chunked\r\n", 400}};
  for (const auto& row : rows)
    EXPECT_EQ(status_of(with_fields(row.fields)), row.status) << row.fields;
  EXPECT_EQ(status_of(with_fields("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")), 400);
}

TEST(HttpGuard, TellsHowTheBodyIsFramed) {
  EXPECT_EQ(accepted(with_fields("Content-Length: 0012\r\n")).content_length, 12U);
  EXPECT_TRUE(accepted(with_fields("Transfer-Encoding: chunked\r\n")).chunked);
  EXPECT_FALSE(accepted(with_fields("")).chunked);
  EXPECT_TRUE(accepted(with_fields("Expect: 100-Continue\r\n")).expects_continue);
  EXPECT_EQ(status_of(with_fields("Expect: 200-ok\r\n")), 417);
}

TEST(HttpGuard, ConnectionIsKeptAsTheVersionAndTheFieldSay) {
  EXPECT_TRUE(accepted(with_fields("")).keep_alive);
  EXPECT_FALSE(accepted(with_fields("Connection: x, Close\r\n")).keep_alive);
  EXPECT_FALSE(accepted(with_fields("", "GET / HTTP/1.0")).keep_alive);
  EXPECT_TRUE(accepted(with_fields("Connection: keep-alive\r\n", "GET / HTTP/1.0")).keep_alive);
}

TEST(HttpGuard, SizesAreLimited) {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";
  EXPECT_EQ(status_of(with_fields(fields)), 200);
  EXPECT_EQ(status_of(with_fields(fields + "X: y\r\n")), 431);
  EXPECT_EQ(status_of(with_fields("X: " + std::string(17'000, 'y') + "\r\n")), 431);
}

}  // namespace
}  // namespace mosaic
