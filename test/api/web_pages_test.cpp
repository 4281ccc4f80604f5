// The pages come from what was read at start: nothing else of the machine, with the headers that keep them to themselves.
#include "api/web_pages.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "api/problem.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::test {
namespace {

namespace fs = std::filesystem;

class WebPagesTest : public testing::Test {
 protected:
  WebPagesTest() {
    put("index.html", "<!doctype html><title>Mosaic</title>");
    put("assets/app-1f2e.js", "console.log(1)");
    put("assets/app-1f2e.js.gz", "gzipped");
    put("assets/app-1f2e.js.br", "brotlied");
    put("favicon.svg", "<svg/>");
  }

  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder() / name).parent_path());
    std::ofstream(folder() / name, std::ios::binary) << text;
  }
  fs::path folder() const { return temporary_.path() / "web"; }

  Response ask(const std::string& path, std::vector<HttpField> fields = {}) const {
    Request request;
    request.method = "GET";
    request.path = path;
    request.fields = std::move(fields);
    return WebPages::read(folder()).answer(request);
  }

  cli::TemporaryFolder temporary_;
  const HttpField navigates{"accept", "text/html,application/xhtml+xml,*/*;q=0.8"};
};

std::string field(const Response& response, std::string_view name) {
  const auto* value = response.find_field(name);
  return value == nullptr ? "" : *value;
}

TEST_F(WebPagesTest, FilesWithADigestInTheirNameMayBeKeptForEverAndTheIndexNever) {
  EXPECT_EQ(field(ask("/assets/app-1f2e.js"), "cache-control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(field(ask("/"), "cache-control"), "no-cache");
  EXPECT_EQ(field(ask("/favicon.svg"), "cache-control"), "no-cache");
}

TEST_F(WebPagesTest, APageOfTheProgramAnswersTheIndexToWhoeverNavigates) {
  for (const std::string path : {"/", "/chat", "/settings/providers", "/admin/fleet/user/x"}) {
    const auto response = ask(path, {navigates});
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_NE(response.body.find("<title>Mosaic"), std::string::npos) << path;
  }
}

TEST_F(WebPagesTest, ProgramsAreToldThatAPathDoesNotExist) {
  const auto expected = not_found_response();
  EXPECT_EQ(ask("/chat").body, expected.body) << "without Accept: text/html";
  for (const std::string path :
       {"/api", "/api/", "/api/nothing", "/v1", "/v1/nothing", "/assets/gone.js"}) {
    const auto response = ask(path, {navigates});
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, expected.body) << path;
  }
}

TEST_F(WebPagesTest, TheSmallestEncodingThatTheBrowserTakesIsSent) {
  const std::string path = "/assets/app-1f2e.js";
  const auto both = ask(path, {{"accept-encoding", "gzip, deflate, br"}});
  EXPECT_EQ(both.body, "brotlied");
  EXPECT_EQ(field(both, "content-encoding"), "br");
  EXPECT_EQ(field(both, "content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(ask(path, {{"accept-encoding", "gzip"}}).body, "gzipped");
  const auto plain = ask(path);
  EXPECT_EQ(plain.body, "console.log(1)");
  EXPECT_EQ(field(plain, "content-encoding"), "");
  EXPECT_EQ(field(plain, "vary"), "Accept-Encoding");
}

TEST_F(WebPagesTest, WhatTheBrowserHasIsNotSentAgain) {
  const auto tag = field(ask("/"), "etag");
  ASSERT_FALSE(tag.empty());
  const auto again = ask("/", {{"if-none-match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(ask("/", {{"if-none-match", "\"another\""}}).status, 200);
}

TEST_F(WebPagesTest, NothingButOurOwnScriptsAndStylesRunsAndNobodyFramesIt) {
  const auto response = ask("/");
  const auto policy = field(response, "content-security-policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none';")) << policy;
  for (const std::string rule :
       {"script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"})
    EXPECT_NE(policy.find(rule), std::string::npos) << rule;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(field(response, "x-frame-options"), "DENY");
  EXPECT_EQ(field(response, "referrer-policy"), "no-referrer");
}

TEST_F(WebPagesTest, NoPathLeavesTheFolder) {
  std::ofstream(temporary_.path() / "secret") << "secret";
  fs::create_symlink(temporary_.path() / "secret", folder() / "link.txt");
  fs::create_directory_symlink(temporary_.path(), folder() / "up");
  for (const std::string path :
       {"/../secret", "/assets/../../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret",
        "/link.txt", "/up/secret", "/assets/..\\..\\secret"}) {
    const auto response = ask(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body.find("secret\n"), std::string::npos) << path;
  }
}

TEST_F(WebPagesTest, AFolderThatIsTooLargeOrHasNoPagesIsRefused) {
  EXPECT_THROW(WebPages::read(folder(), {.files = 3, .bytes = 1'000'000}), std::runtime_error);
  EXPECT_THROW(WebPages::read(folder(), {.files = 100, .bytes = 20}), std::runtime_error);
  EXPECT_THROW(WebPages::read(temporary_.path()), std::runtime_error);
  EXPECT_FALSE(WebPages::exist_in(temporary_.path()));
}

TEST_F(WebPagesTest, RoutesComeBeforePagesAndPagesAnswerReadingOnly) {
  const auto pages = WebPages::read(folder());
  auto router = echo_router();
  add_web_pages(router, pages);
  RunningServer server(std::move(router));
  const auto page = ask_once(server.port(), get_request("/"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(ask_once(server.port(), get_request("/hello"))->body, "hello");
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: here\r\n\r\n");
  const auto head = client.read_response(false);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->field("Content-Length"), "36");
  EXPECT_EQ(
      ask_once(server.port(), "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n")->status,
      404);
  EXPECT_EQ(ask_once(server.port(), "DELETE /hello HTTP/1.1\r\nHost: here\r\n\r\n")->status, 405);
}

}  // namespace
}  // namespace mosaic::test
