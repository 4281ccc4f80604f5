#include <gtest/gtest.h>

#include <cerrno>

#include "runtime/docker/engine_error_text.hpp"

namespace mosaic {
namespace {

EngineErrorKind kind_of(int status, const std::string& message) {
  return classify_answer("do it", status, R"({"message":")" + message + "\"}", {}).kind();
}

TEST(Classification, TellsWhatAnEngineMeansByItsWords) {
  struct Case {
    int status;
    const char* message;
    EngineErrorKind kind;
  };
  const Case cases[] = {
      {404, "No such container: abc", EngineErrorKind::not_found},
      {404, "No such image: alpine/openclaw:latest", EngineErrorKind::image_missing},
      {404, "network mosaic-net not found", EngineErrorKind::not_found},
      {404,
       "could not find an available, non-overlapping IPv4 address pool among the defaults to "
       "assign to the network",
       EngineErrorKind::subnets_exhausted},
      {409, "Conflict. The container name \\\"/a\\\" is already in use by container \\\"b\\\"",
       EngineErrorKind::conflict},
      {403, "error while removing network: network x id y has active endpoints",
       EngineErrorKind::conflict},
      {500, "write /var/lib/docker/tmp/x: no space left on device", EngineErrorKind::disk_full},
      {500, "OCI runtime create failed: cannot allocate memory: unknown",
       EngineErrorKind::out_of_memory},
      {400, "Minimum memory limit allowed is 6MB", EngineErrorKind::refused},
      {401, "unauthorized", EngineErrorKind::permission_denied},
      {500, "something else", EngineErrorKind::failed},
      {503, "This node is not a swarm manager", EngineErrorKind::failed},
  };
  for (const Case& one : cases)
    EXPECT_EQ(kind_of(one.status, one.message), one.kind) << one.message;
}

TEST(Classification, SaysWhatToDoWhenThereIsNoEngine) {
  const HttpError error(HttpErrorKind::cannot_connect,
                        "/run/docker.sock: No such file or directory", ENOENT);
  const EngineError classified =
      classify_transport("list containers", error, "unix:///run/docker.sock");
  EXPECT_EQ(classified.kind(), EngineErrorKind::unavailable);
  EXPECT_NE(std::string(classified.what())
                .find("cannot reach the Docker engine at unix:///run/docker.sock: is it running?"),
            std::string::npos);
}

TEST(Classification, SaysWhatToDoWithoutPermission) {
  const HttpError error(HttpErrorKind::cannot_connect, "/run/docker.sock: Permission denied",
                        EACCES);
  const EngineError classified =
      classify_transport("list containers", error, "unix:///run/docker.sock");
  EXPECT_EQ(classified.kind(), EngineErrorKind::permission_denied);
  EXPECT_STREQ(
      classified.what(),
      "no permission on unix:///run/docker.sock: add the user to the docker group or run as root");
}

TEST(Scrub, RemovesTheSecretsItIsGivenWhereverTheyAre) {
  const std::string token = "correct-horse-battery";
  const EngineError error = classify_answer(
      "create container a", 500,
      R"({"message":"env AGENT_TOKEN=correct-horse-battery and [correct-horse-battery] too"})",
      {token});
  EXPECT_EQ(std::string(error.what()).find(token), std::string::npos);
}

TEST(Scrub, RemovesWhatLooksLikeASecret) {
  const std::string hex(64, 'a');
  for (const std::string& secret :
       {"a1" + hex, std::string("sk-ant-api03-abcDEF_123-xyz"),
        std::string("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODkwMQ==")}) {
    EXPECT_EQ(scrub("it said " + secret + " aloud", {}).find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(scrub("AGENT_TOKEN=abc OPENAI_API_KEY=def, PASSWORD=ghi PATH=/bin", {}),
            "AGENT_TOKEN=[removed] OPENAI_API_KEY=[removed], PASSWORD=[removed] PATH=/bin");
}

TEST(Scrub, LeavesOrdinaryWordsAlone) {
  const std::string text = "network mosaic-1a2b3c4d-user-alice-of-a-very-long-name-state not found";
  EXPECT_EQ(scrub(text, {}), text);
}

TEST(Scrub, IsOneLineOfAtMostThreeHundredBytes) {
  const std::string line = scrub("first\nsecond\t" + std::string(1000, '-') + "\x1b[31m", {});
  EXPECT_LE(line.size(), longest_error_text);
  EXPECT_EQ(line.find_first_of("\n\t\x1b"), std::string::npos);
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "\xC3\xA4";
  const std::string cut = scrub(umlauts, {});
  EXPECT_LE(cut.size(), longest_error_text);
  EXPECT_EQ(cut.substr(cut.size() - 5), "\xC3\xA4...");
}

}  // namespace
}  // namespace mosaic
