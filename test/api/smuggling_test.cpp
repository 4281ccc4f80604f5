// Two parties must never read one request as two different ones: everything ambiguous is answered
// once, with 400, and the connection is closed, so that bytes behind it are never taken for a
// request.
#include <gtest/gtest.h>

#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

const std::string hidden = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

struct Attack {
  std::string name;
  std::string head;
};

// For GoogleTest's messages.
void PrintTo(const Attack& attack, std::ostream* stream) { *stream << attack.name; }

class Smuggling : public testing::TestWithParam<Attack> {};

std::vector<Attack> attacks() {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  return {
      {"CodingWithLength", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"},
      {"LengthWithCoding", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"GzipWithLength", post + "Transfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"},
      {"ChunkedOn10", "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"LengthList", post + "Content-Length: 5,5\r\n\r\n"},
      {"TwoLengths", post + "Content-Length: 0\r\nContent-Length: 33\r\n\r\n"},
      {"TwoEqualLengths", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"},
      {"SignedLength", post + "Content-Length: +0\r\n\r\n"},
      {"HexLength", post + "Content-Length: 0x0\r\n\r\n"},
      {"TwoCodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"},
      {"CodingList", post + "Transfer-Encoding: identity, chunked\r\n\r\n"},
      {"TabbedCoding", post + "Transfer-Encoding:\tchunked, chunked\r\n\r\n"},
      {"BlankBeforeColon", post + "Transfer-Encoding : chunked\r\n\r\n"},
      {"ContinuedCoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n"},
      {"ContinuedLength", post + "X: y\r\n Content-Length: 33\r\n\r\n"},
      {"VerticalTabCoding", post + "Transfer-Encoding: \x0b"
                                   "chunked\r\n\r\n"},
      {"BareLineFeeds", "POST /echo HTTP/1.1\nHost: a\nContent-Length: 0\n\r\n\r\n"},
      {"BareCarriageReturn", post + "X: y\rContent-Length: 33\r\n\r\n"},
      {"NulInField", post + std::string("X: a\0b\r\n\r\n", 10)},
      {"NoHost", "GET /hello HTTP/1.1\r\n\r\n"},
      {"TwoHosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"AbsoluteTarget", "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"AuthorityTarget", "CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"AsteriskTarget", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"BlankInTarget", "GET /hello /x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"BadChunkSize", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
      {"NegativeChunkSize", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"},
      {"OverflowingChunkSize", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"},
      {"ChunkWithoutEnd", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab"},
  };
}

TEST_P(Smuggling, IsAnsweredOnceAndTheConnectionCloses) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send(GetParam().head + hidden);
  const auto answer = client.read_to_end();
  const auto status = answer.substr(0, 12);
  EXPECT_TRUE(status == "HTTP/1.1 400" || status == "HTTP/1.1 413") << answer;
  EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Corpus, Smuggling, testing::ValuesIn(attacks()),
                         [](const auto& attack) { return attack.param.name; });

// A body that looks like a request is a body.
TEST(SmuggledBody, IsNoRequest) {
  RunningServer running(echo_router());
  RawClient client(running.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(hidden.size()) +
              "\r\n\r\n" + hidden + get_request("/hello"));
  EXPECT_EQ(client.read_response()->body, hidden);
  EXPECT_EQ(client.read_response()->body, "hello");
}

}  // namespace
}  // namespace mosaic::test
