#include <gtest/gtest.h>

#include <mutex>

#include "runtime/docker/engine_client.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/runtime/docker_test_server.hpp"

namespace mosaic {
namespace {

using Connection = DockerTestServer::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;

EngineRequest request_of(const std::string& path, std::string_view method = "GET") {
  EngineRequest request;
  request.method = method;
  request.route = "/route";
  request.path = path;
  request.doing = "do it";
  request.timeout = seconds(5);
  return request;
}

EngineClient client_of(const DockerTestServer& server, const Clock& clock,
                       EngineCallObserver* observer = nullptr) {
  return EngineClient(parse_engine_url(server.url(), std::nullopt), clock, observer);
}

// Answers pings, and everything else with `answer`.
DockerTestServer::Script engine(std::function<void(Connection&, const std::string&)> answer,
                                const std::string& version = "1.41") {
  return [answer, version](Connection& connection, int) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      if (request.find("/_ping ") != std::string::npos) {
        connection.answer(200, "OK", ping_fields(version));
      } else {
        answer(connection, request);
      }
    }
  };
}

EngineErrorKind kind_of(EngineClient& client, const EngineRequest& request) {
  try {
    client.call(request);
  } catch (const EngineError& error) {
    return error.kind();
  }
  throw std::logic_error("the call succeeded");
}

TEST(EngineClient, NegotiatesTheVersionOnceAndUsesIt) {
  FakeClock clock;
  DockerTestServer server(engine(
      [](Connection& connection, const std::string& request) {
        connection.answer(200, request.substr(0, request.find('\r')));
      },
      "1.44"));
  EngineClient client = client_of(server, clock);
  EXPECT_EQ(client.call(request_of("/containers/json")).body,
            "GET /v1.44/containers/json HTTP/1.1");
  EXPECT_EQ(client.api_version(), "1.44");
  EXPECT_EQ(server.connections(), 1);
}

TEST(EngineClient, RefusesAnEngineThatIsTooOld) {
  FakeClock clock;
  DockerTestServer server(engine(
      [](Connection& connection, const std::string&) { connection.answer(200, "{}"); }, "1.39"));
  EngineClient client = client_of(server, clock);
  EXPECT_EQ(kind_of(client, request_of("/info")), EngineErrorKind::refused);
}

TEST(EngineClient, NegotiatesAnewWhenTheEngineWasReplaced) {
  FakeClock clock;
  DockerTestServer server(engine([](Connection& connection, const std::string& request) {
    if (request.find("/v1.41/") != std::string::npos) {
      connection.answer(200, "{}");
    } else {
      connection.answer(
          400,
          R"({"message":"client version 1.44 is too new. Maximum supported API version is 1.41"})");
    }
  }));
  DockerTestServer newer(engine(
      [](Connection& connection, const std::string&) { connection.answer(200, "{}"); }, "1.44"));
  EngineClient client = client_of(server, clock);
  EXPECT_EQ(client.call(request_of("/info")).status, 200);
}

TEST(EngineClient, KeepsEveryCallWithinItsDeadline) {
  FakeClock clock;
  DockerTestServer server(
      engine([](Connection& connection, const std::string&) { connection.hang(); }));
  EngineClient client = client_of(server, clock);
  EngineRequest request = request_of("/containers/x/start", "POST");
  request.timeout = milliseconds(100);
  EXPECT_EQ(kind_of(client, request), EngineErrorKind::unavailable);
}

TEST(EngineClient, SendsNoChangeThatIsNotPermittedAtTheVeryMomentOfSending) {
  FakeClock clock;
  std::atomic<int> changes{0};
  DockerTestServer server(engine([&](Connection& connection, const std::string& request) {
    if (!request.starts_with("GET ")) ++changes;
    connection.answer(200, "{}");
  }));
  EngineClient client = client_of(server, clock);
  bool permitted = true;
  client.before_each_change([&] {
    if (!permitted) throw std::runtime_error("not any more");
  });
  client.call(request_of("/containers/x/stop", "POST"));
  permitted = false;
  EXPECT_THROW(client.call(request_of("/containers/x/stop", "POST")), std::runtime_error);
  EXPECT_THROW(client.call_accepting(request_of("/volumes/x", "DELETE"), {404}),
               std::runtime_error);
  EXPECT_THROW(client.open(request_of("/images/create", "POST"), nullptr), std::runtime_error);
  EXPECT_EQ(client.call(request_of("/containers/x/json")).status, 200) << "a question is no change";
  EXPECT_EQ(changes, 1);
  EXPECT_FALSE(client.breaker_open()) << "the engine is not to blame";
}

TEST(EngineClient, StopsCallingAnEngineThatDoesNotAnswerAndTriesAgainLater) {
  FakeClock clock;
  std::atomic<bool> broken{true};
  DockerTestServer server([&](Connection& connection, int number) {
    connection.read_request();
    if (broken) return;
    connection.answer(200, "OK", ping_fields());
    engine([](Connection& other, const std::string&) { other.answer(200, "{}"); })(connection,
                                                                                   number);
  });
  EngineClient client = client_of(server, clock);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(kind_of(client, request_of("/info")), EngineErrorKind::unavailable);
  EXPECT_TRUE(client.breaker_open());
  const int connections = server.connections();
  EXPECT_EQ(kind_of(client, request_of("/info")), EngineErrorKind::unavailable);
  EXPECT_EQ(server.connections(), connections) << "an open breaker calls nobody";
  broken = false;
  clock.advance(seconds(1));
  EXPECT_EQ(client.call(request_of("/info")).status, 200);
  EXPECT_FALSE(client.breaker_open());
}

TEST(EngineClient, TakesAnErrorOfTheEngineForAnAnswer) {
  FakeClock clock;
  DockerTestServer server(engine([](Connection& connection, const std::string&) {
    connection.answer(500, R"({"message":"broken"})");
  }));
  EngineClient client = client_of(server, clock);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(kind_of(client, request_of("/info")), EngineErrorKind::failed);
  EXPECT_FALSE(client.breaker_open());
}

TEST(EngineClient, GivesNothingAwayWhenTheEngineEchoesTheEnvironment) {
  FakeClock clock;
  DockerTestServer server(engine([](Connection& connection, const std::string& request) {
    connection.answer(500, request.substr(request.find("\r\n\r\n") + 4));
  }));
  EngineClient client = client_of(server, clock);
  EngineRequest request = request_of("/containers/create", "POST");
  request.body = R"({"message":"cannot run [sh -c x] with tok-3f-short"})";
  request.secrets = {"tok-3f-short"};
  try {
    client.call(request);
    FAIL() << "succeeded";
  } catch (const EngineError& error) {
    EXPECT_EQ(std::string(error.what()).find("tok-3f-short"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("cannot do it"), std::string::npos);
  }
}

TEST(EngineClient, ReportsEveryCallToItsObserver) {
  struct Recorder final : EngineCallObserver {
    void on_call(std::string_view method, std::string_view route, int status,
                 std::chrono::nanoseconds) noexcept override {
      const std::lock_guard lock(mutex);
      calls.push_back(std::string(method) + " " + std::string(route) + " " +
                      std::to_string(status));
    }
    std::mutex mutex;
    std::vector<std::string> calls;
  };
  FakeClock clock;
  Recorder recorder;
  DockerTestServer server(
      engine([](Connection& connection, const std::string&) { connection.answer(404, "{}"); }));
  EngineClient client = client_of(server, clock, &recorder);
  client.call_accepting(request_of("/containers/x/json"), {404});
  EXPECT_EQ(recorder.calls, (std::vector<std::string>{"GET /_ping 200", "GET /route 404"}));
}

}  // namespace
}  // namespace mosaic
