#include "api/handlers/health_handler.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

Response get(const Router& router, const std::string& path) {
  Request request;
  request.method = "GET";
  request.path = path;
  const auto found = router.find(request);
  if (const auto* response = std::get_if<Response>(&found)) return *response;
  return std::get<const Route*>(found)->handler(request);
}

TEST(Health, ReadinessListsWhatFailed) {
  Router router;
  add_health_routes(
      router,
      {{"database", [] { return std::optional<std::string>("no answer for 3 s"); }},
       {"key", [] { return std::optional<std::string>(); }},
       {"broken",
        []() -> std::optional<std::string> { throw std::runtime_error("password=sentinel"); }}},
      nullptr);
  const auto response = get(router, "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body.find("sentinel"), std::string::npos);
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["status"], "not ready");
  EXPECT_EQ(body["checks"][0]["reason"], "no answer for 3 s");
  EXPECT_EQ(body["checks"][1]["ok"], true);
  EXPECT_EQ(body["checks"][2]["ok"], false);
}

TEST(Health, ReadyAndAliveWhenNothingFails) {
  Router router;
  add_health_routes(router, {{"database", [] { return std::optional<std::string>(); }}},
                    [] { return "a 1\n"; });
  EXPECT_EQ(get(router, "/readyz").status, 200);
  EXPECT_EQ(get(router, "/livez").body, "ok\n");
  EXPECT_EQ(get(router, "/metrics").body, "a 1\n");
}

TEST(Health, NoMetricsWithoutAFunction) {
  Router router;
  add_health_routes(router, {}, nullptr);
  EXPECT_EQ(get(router, "/metrics").status, 404);
}

}  // namespace
}  // namespace mosaic
