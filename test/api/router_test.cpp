#include "api/router.hpp"

#include <gtest/gtest.h>

#include "api/problem.hpp"

namespace mosaic {
namespace {

Router some_router() {
  Router router;
  router.add("GET", "/things/{id}",
             [](const Request&) { return Response(200, "text/plain", "thing"); });
  router.add("DELETE", "/things/{id}",
             [](const Request&) { return Response(204, "text/plain", ""); });
  router.add("GET", "/things/{id}/parts/{part}",
             [](const Request&) { return Response(200, "text/plain", "part"); });
  router.add("GET", "/beneath/{id}/{rest...}",
             [](const Request&) { return Response(200, "text/plain", "beneath"); });
  return router;
}

struct Found {
  std::string body;
  int status = 0;
  std::string allow;
  std::map<std::string, std::string> parameters;
};

Found find(const std::string& method, const std::string& path) {
  const auto router = some_router();
  Request request;
  request.method = method;
  request.path = path;
  const auto found = router.find(request);
  Response response;
  if (const auto* route = std::get_if<const Route*>(&found)) {
    response = (*route)->handler(request);
  } else {
    response = std::get<Response>(found);
  }
  const auto* allow = response.find_field("allow");
  return {response.body, response.status, allow == nullptr ? "" : *allow, request.parameters};
}

TEST(Router, FillsInParametersDecoded) {
  const auto found = find("GET", "/things/a%20b%2Fc/parts/7");
  EXPECT_EQ(found.body, "part");
  EXPECT_EQ(found.parameters, (std::map<std::string, std::string>{{"id", "a b/c"}, {"part", "7"}}));
}

TEST(Router, TakesTheRestOfAPathAsItWasSent) {
  for (const std::string rest : {"a", "a/b", "a%2Fb//c/", "", "/"}) {
    const auto found = find("GET", "/beneath/7/" + rest);
    EXPECT_EQ(found.body, "beneath") << rest;
    EXPECT_EQ(found.parameters.at("rest"), rest);
    EXPECT_EQ(found.parameters.at("id"), "7");
  }
  EXPECT_EQ(find("GET", "/beneath/7").status, 404);
}

TEST(Router, UnknownPathsAreAllTheSame404) {
  const auto expected = not_found_response().body;
  for (const std::string path :
       {"/", "/things", "/things/", "/things/a/", "//things/a", "/things//parts/1", "/THINGS/a"}) {
    const auto found = find("GET", path);
    EXPECT_EQ(found.status, 404) << path;
    EXPECT_EQ(found.body, expected);
  }
}

TEST(Router, WrongMethodIs405WithAllow) {
  const auto found = find("POST", "/things/a");
  EXPECT_EQ(found.status, 405);
  EXPECT_EQ(found.allow, "DELETE, GET, HEAD");
}

TEST(Router, HeadIsAnsweredByTheGetRoute) { EXPECT_EQ(find("HEAD", "/things/a").status, 200); }

}  // namespace
}  // namespace mosaic
