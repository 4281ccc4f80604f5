#include "http/outbound_client.hpp"

#include <gtest/gtest.h>

#include "http/http_error.hpp"
#include "test/api/running_server.hpp"

namespace mosaic::test {
namespace {

OutboundPolicy this_host_allowed() {
  OutboundPolicy policy;
  policy.loopback = true;
  return policy;
}

OutboundRequest request_to(std::uint16_t port, const std::string& path) {
  OutboundRequest request;
  const std::string url = "http://localhost:" + std::to_string(port) + path;
  request.url = std::get<OutboundUrl>(parse_outbound_url(url));
  return request;
}

Router routes() {
  Router router = echo_router();
  router.add("GET", "/elsewhere", [](const Request&) {
    Response response(302, "text/plain", "");
    response.set_field("Location", "/hello");
    return response;
  });
  router.add("GET", "/large",
             [](const Request&) { return Response(200, "text/plain", std::string(70'000, 'x')); });
  return router;
}

TEST(OutboundClient, AsksTheCheckedAddressUnderItsOwnName) {
  RunningServer server(routes());
  auto request = request_to(server.port(), "/fields");
  request.method = "POST";
  request.body = "a=b";
  request.fields = {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Mine", "yes"}};
  const auto answer = GuardedOutboundClient().fetch(request, this_host_allowed());
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("host=localhost:" + std::to_string(server.port())), std::string::npos);
  EXPECT_NE(answer.body.find("content-type=application/x-www-form-urlencoded\n"),
            std::string::npos);
  EXPECT_EQ(answer.body.find("application/json"), std::string::npos);
  EXPECT_NE(answer.body.find("x-mine=yes"), std::string::npos);
}

TEST(OutboundClient, AsksNobodyWhereTheGuardRefuses) {
  RunningServer server(routes());
  GuardedOutboundClient client;
  EXPECT_THROW(client.fetch(request_to(server.port(), "/hello"), {}), OutboundRefused);
  auto policy = this_host_allowed();
  policy.own_ports = {server.port()};
  EXPECT_THROW(client.fetch(request_to(server.port(), "/hello"), policy), OutboundRefused);
  auto request = request_to(server.port(), "/hello");
  request.fields = {{"X", "a\r\nY: b"}};
  EXPECT_THROW(client.fetch(request, this_host_allowed()), OutboundRefused);
}

TEST(OutboundClient, FollowsNoRedirect) {
  RunningServer server(routes());
  const auto answer =
      GuardedOutboundClient().fetch(request_to(server.port(), "/elsewhere"), this_host_allowed());
  EXPECT_EQ(answer.status, 302);
}

TEST(OutboundClient, TakesNoAnswerAboveItsBound) {
  RunningServer server(routes());
  EXPECT_THROW(
      GuardedOutboundClient().fetch(request_to(server.port(), "/large"), this_host_allowed()),
      HttpError);
}

TEST(OutboundClient, KnowsTheAddressesOfThisHost) {
  const auto addresses = addresses_of_this_host();
  EXPECT_NE(std::find(addresses.begin(), addresses.end(), *IpAddress::parse("127.0.0.1")),
            addresses.end());
}

}  // namespace
}  // namespace mosaic::test
