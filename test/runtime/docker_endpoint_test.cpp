#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/engine_endpoint.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

EngineEndpoint from(const std::map<std::string, std::string>& variables) {
  return engine_endpoint_from_environment([&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(EngineEndpoint, ReadsDockersOwnConventions) {
  EXPECT_EQ(from({}).http.socket_path, "/var/run/docker.sock");
  EXPECT_TRUE(from({}).is_local());
  const EngineEndpoint tcp = from({{"DOCKER_HOST", "tcp://engine.example"}});
  EXPECT_EQ(tcp.http.host, "engine.example");
  EXPECT_EQ(tcp.http.port, 2375);
  EXPECT_FALSE(tcp.http.tls);
  const EngineEndpoint tls =
      from({{"DOCKER_HOST", "tcp://10.0.0.1"}, {"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/root"}});
  EXPECT_EQ(tls.http.port, 2376);
  ASSERT_TRUE(tls.http.tls);
  EXPECT_EQ(tls.http.tls->key_file, "/root/.docker/key.pem");
  const EngineEndpoint named = from(
      {{"DOCKER_HOST", "tcp://[::1]:99"}, {"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", "/c"}});
  EXPECT_EQ(named.http.host, "::1");
  EXPECT_EQ(named.http.port, 99);
  EXPECT_EQ(named.http.tls->authority_file, "/c/ca.pem");
}

TEST(EngineEndpoint, RefusesAddressesThatNameNoEngine) {
  for (const char* url : {"", "docker.sock", "unix://relative", "ssh://host", "tcp://",
                          "tcp://host:0", "tcp://host:http", "tcp://host:", "tcp://user@host:1",
                          "tcp://host:1/path", "tcp://[::1", "https://host"}) {
    EXPECT_THROW(parse_engine_url(url, std::nullopt), std::invalid_argument) << url;
  }
}

TEST(ApiVersion, IsTheNewestThatBothSpeak) {
  EXPECT_EQ(choose_api_minor("1.41"), 41);
  EXPECT_EQ(choose_api_minor("1.47"), 47);
  EXPECT_EQ(choose_api_minor("1.99"), EngineClient::newest_minor);
}

TEST(ApiVersion, RefusesAnEngineThatIsTooOldAndSaysSo) {
  try {
    choose_api_minor("1.40");
    FAIL() << "accepted";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.kind(), EngineErrorKind::refused);
    EXPECT_NE(std::string(error.what()).find("Docker 20.10"), std::string::npos);
  }
  for (const char* text : {"", "1", "1.", "2.0", "1.x", "nginx"})
    EXPECT_THROW(choose_api_minor(text), EngineError) << text;
}

TEST(EngineQuery, SplitsImagesSoThatOneTagIsPulled) {
  using Parts = std::pair<std::string, std::string>;
  EXPECT_EQ(split_image("alpine/openclaw"), Parts("alpine/openclaw", "latest"));
  EXPECT_EQ(split_image("alpine/openclaw:1.2"), Parts("alpine/openclaw", "1.2"));
  EXPECT_EQ(split_image("registry:5000/openclaw"), Parts("registry:5000/openclaw", "latest"));
  EXPECT_EQ(split_image("registry:5000/openclaw:1"), Parts("registry:5000/openclaw", "1"));
  EXPECT_EQ(split_image("a@sha256:00"), Parts("a@sha256:00", ""));
}

TEST(EngineQuery, EncodesNamesAsOneSegment) {
  EXPECT_EQ(engine_path("/containers/", "../images/x?a", "/json"),
            "/containers/..%2Fimages%2Fx%3Fa/json");
}

}  // namespace
}  // namespace mosaic
