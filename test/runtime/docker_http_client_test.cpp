#include <gtest/gtest.h>

#include <thread>

#include "http/http_client.hpp"
#include "http/http_error.hpp"
#include "test/runtime/docker_test_server.hpp"

namespace mosaic {
namespace {

using Connection = DockerTestServer::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;

HttpClient client_of(const DockerTestServer& server, HttpLimits limits = {}) {
  HttpEndpoint endpoint;
  endpoint.socket_path = server.path();
  return HttpClient(endpoint, limits);
}

HttpRequest get(const std::string& target) {
  HttpRequest request;
  request.target = target;
  request.repeatable = true;
  return request;
}

HttpErrorKind kind_of(HttpClient& client, const HttpRequest& request, const WaitLimit& limit) {
  try {
    client.call(request, limit);
  } catch (const HttpError& error) {
    return error.kind();
  }
  throw std::logic_error("the call succeeded");
}

TEST(HttpClient, KeepsOneConnectionForCallsThatFollowEachOther) {
  DockerTestServer server([](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      connection.answer(200, request.substr(0, request.find('\r')));
    }
  });
  HttpClient client = client_of(server);
  for (int i = 0; i < 20; ++i) {
    const std::string target = "/call/" + std::to_string(i);
    const HttpAnswer answer = client.call(get(target), WaitLimit::in(seconds(5)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET " + target + " HTTP/1.1");
    EXPECT_EQ(answer.field("content-TYPE"), "application/json");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, ReadsChunkedAnswersThatArriveInPieces) {
  DockerTestServer server([](Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Enc");
    connection.send("oding: chunked\r\n\r\n5\r\nhel");
    connection.send("lo\r\n6\r\n world\r\n0\r\n\r\n");
    connection.hang();
  });
  HttpClient client = client_of(server);
  EXPECT_EQ(client.call(get("/"), WaitLimit::in(seconds(5))).body, "hello world");
  EXPECT_EQ(client.idle_connections(), 1U);
}

HttpBodySource pieces(std::vector<std::string> left) {
  return [left = std::move(left), next = std::size_t{0}](std::string& into) mutable {
    if (next == left.size()) return false;
    into.append(left[next++]);
    return true;
  };
}

TEST(HttpClient, SendsABodyOfUnknownLengthAsItComes) {
  std::string received;
  DockerTestServer server([&](Connection& connection, int) {
    received = connection.read_request();
    connection.answer(200, "taken");
  });
  HttpClient client = client_of(server);
  HttpRequest request;
  request.method = "PUT";
  request.target = "/upload";
  const std::string large(100000, 'x');
  const HttpAnswer answer = client.upload(request, pieces({"hello", large}), seconds(5));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(received.find("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n186a0\r\n" + large +
                          "\r\n0\r\n\r\n"),
            std::string::npos);
  EXPECT_EQ(received.find("Content-Length"), std::string::npos);
}

TEST(HttpClient, HearsAServerThatTakesNoMoreOfABody) {
  DockerTestServer server([](Connection& connection, int) {
    connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
  });
  HttpClient client = client_of(server);
  HttpRequest request;
  request.method = "PUT";
  request.target = "/upload";
  const HttpAnswer answer = client.upload(
      request, pieces(std::vector<std::string>(200, std::string(100000, 'x'))), seconds(5));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "gone");
}

TEST(HttpClient, EndsAtItsDeadlineWhenTheServerIsSilent) {
  DockerTestServer server([](Connection& connection, int) { connection.hang(); });
  HttpClient client = client_of(server);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(milliseconds(80))), HttpErrorKind::time_up);
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST(HttpClient, TellsHalfAnAnswerFromAWholeOne) {
  DockerTestServer server([](Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  });
  HttpClient client = client_of(server);
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(seconds(5))), HttpErrorKind::closed);
}

TEST(HttpClient, RefusesWhatIsNotHttp) {
  DockerTestServer server([](Connection& connection, int) {
    connection.read_request();
    connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  HttpClient client = client_of(server);
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(seconds(5))), HttpErrorKind::malformed);
}

TEST(HttpClient, RefusesHeadersAndBodiesBeyondTheBound) {
  DockerTestServer server([](Connection& connection, int number) {
    connection.read_request();
    if (number == 1) connection.answer(200, std::string(5000, 'x'));
    if (number == 2)
      connection.send("HTTP/1.1 200 OK\r\nX-Long: " + std::string(9000, 'x') + "\r\n\r\n");
  });
  HttpLimits limits;
  limits.body_bytes = 4096;
  limits.header_bytes = 8192;
  HttpClient client = client_of(server, limits);
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(seconds(5))), HttpErrorKind::too_large);
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(seconds(5))), HttpErrorKind::too_large);
}

// Closes the first connection while it is idle, so late that the client cannot know: with its next request.
void close_on_second_request(Connection& connection, int number) {
  connection.read_request();
  connection.answer(200, "first");
  connection.read_request();
  if (number > 1) connection.answer(200, "second");
}

TEST(HttpClient, RepeatsARepeatableCallOnAConnectionThatWasClosedMeanwhile) {
  DockerTestServer server([](Connection& connection, int number) {
    if (number == 1) return close_on_second_request(connection, number);
    connection.read_request();
    connection.answer(200, "again");
  });
  HttpClient client = client_of(server);
  client.call(get("/"), WaitLimit::in(seconds(5)));
  EXPECT_EQ(client.call(get("/"), WaitLimit::in(seconds(5))).body, "again");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, NeverRepeatsACallThatChangesSomething) {
  DockerTestServer server(close_on_second_request);
  HttpClient client = client_of(server);
  client.call(get("/"), WaitLimit::in(seconds(5)));
  HttpRequest change;
  change.method = "POST";
  change.target = "/start";
  EXPECT_EQ(kind_of(client, change, WaitLimit::in(seconds(5))), HttpErrorKind::closed);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, GivesUpAConnectionThatTheServerWantsClosed) {
  DockerTestServer server([](Connection& connection, int) {
    connection.read_request();
    connection.answer(200, "bye", "Connection: close\r\n");
  });
  HttpClient client = client_of(server);
  client.call(get("/"), WaitLimit::in(seconds(5)));
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST(HttpClient, SaysThatNobodyListens) {
  HttpEndpoint endpoint;
  endpoint.socket_path = "/tmp/mosaic-no-such-socket";
  HttpClient client(endpoint);
  EXPECT_EQ(kind_of(client, get("/"), WaitLimit::in(seconds(5))), HttpErrorKind::cannot_connect);
}

TEST(HttpBodyStream, GivesPiecesAsTheyComeAndCanGoOnAfterSilence) {
  Interrupt go;
  DockerTestServer server([&go](Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    go.wait_for(seconds(30));
    connection.send("4\r\ntwo\n\r\n0\r\n\r\n");
  });
  HttpClient client = client_of(server);
  const auto stream = client.open(get("/events"), WaitLimit::in(seconds(5)));
  EXPECT_EQ(stream->status(), 200);
  std::string text;
  EXPECT_EQ(stream->read(text, WaitLimit::in(seconds(5))), HttpBodyStream::Outcome::data);
  EXPECT_EQ(text, "one\n");
  EXPECT_EQ(stream->read(text, WaitLimit::in(milliseconds(20))), HttpBodyStream::Outcome::time_up);
  go.raise();
  EXPECT_EQ(stream->read(text, WaitLimit::in(seconds(5))), HttpBodyStream::Outcome::data);
  EXPECT_EQ(text, "one\ntwo\n");
  EXPECT_EQ(stream->read(text, WaitLimit::in(seconds(5))), HttpBodyStream::Outcome::ended);
}

TEST(HttpBodyStream, IsInterruptedFromAnotherThread) {
  DockerTestServer server([](Connection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.hang();
  });
  HttpClient client = client_of(server);
  const auto stream = client.open(get("/events"), WaitLimit::in(seconds(5)));
  Interrupt interrupt;
  std::thread raiser([&interrupt] { interrupt.raise(); });
  std::string text;
  EXPECT_EQ(stream->read(text, WaitLimit::in(seconds(60), &interrupt)),
            HttpBodyStream::Outcome::interrupted);
  raiser.join();
}

TEST(PercentEncode, LeavesOnlyWhatNeedsNoEncoding) {
  EXPECT_EQ(percent_encode("a-Z_0.9~"), "a-Z_0.9~");
  EXPECT_EQ(percent_encode("../x?y=1&z"), "..%2Fx%3Fy%3D1%26z");
}

}  // namespace
}  // namespace mosaic
