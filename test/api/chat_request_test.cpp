#include "api/gateway/chat_request.hpp"

#include <gtest/gtest.h>

#include "api/gateway/event_relay.hpp"
#include "api/gateway/json_scan.hpp"

namespace mosaic::test {
namespace {

Request json_request(std::string body) {
  Request request;
  request.fields = {{"content-type", "application/json; charset=utf-8"}};
  request.body = std::move(body);
  return request;
}

int status_of(std::string body) {
  auto request = json_request(std::move(body));
  const auto read = read_chat_request(request);
  const auto* refusal = std::get_if<Response>(&read);
  return refusal == nullptr ? 200 : refusal->status;
}

TEST(ChatRequest, BodyIsJsonThatEverybodyReadsAlike) {
  for (const auto* body :
       {"{}", " { } ", R"({"a":[1,-0.5e+3,true,false,null,"\u00e9\n",{"b":{}}]})",
        R"({"messages":[{"model":"x","stream":7}],"stream":true})"})
    EXPECT_EQ(status_of(body), 200) << body;
  for (const auto* body : {"",
                           "[]",
                           "null",
                           "{",
                           "{}x",
                           R"({"a":1,})",
                           R"({"a" 1})",
                           R"({a:1})",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":+1})",
                           R"({"a":.5})",
                           R"({"a":nul})",
                           R"({"a":"\x"})",
                           R"({"a":"\u12g4"})",
                           "{\"a\":\"\n\"}",
                           R"({"a":1 "b":2})",
                           R"({"a":[1,]})",
                           R"({'a':1})",
                           R"({"stream":true,"stream":false})",
                           R"({"model":"openclaw","model":"a/b"})",
                           R"({"\u006dodel":"a/b"})",
                           R"({"mod\u0065l":"a/b"})",
                           R"({"a":1}{"b":2})"})
    EXPECT_EQ(status_of(body), 400) << body;
  for (const auto* text : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xff", "\xe2\x82", "\xc3\x28"})
    EXPECT_EQ(status_of("{\"a\":\"" + std::string(text) + "\"}"), 400);
  EXPECT_EQ(status_of("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"), 200);
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "[";
  EXPECT_EQ(status_of("{\"a\":" + deep), 400);
}

TEST(ChatRequest, FieldsHaveTheirTypes) {
  EXPECT_EQ(status_of(R"({"stream":null,"model":null})"), 200);
  EXPECT_EQ(status_of(R"({"stream":"true"})"), 400);
  EXPECT_EQ(status_of(R"({"stream":1})"), 400);
  EXPECT_EQ(status_of(R"({"model":7})"), 400);
  EXPECT_EQ(status_of(R"({"model":["a/b"]})"), 400);
}

TEST(ChatRequest, ModelsAreTheAgentsOwnOrAProviders) {
  for (const auto* name : {"openclaw", "openclaw/default", "openclaw/main", "openclaw:main",
                           "zai/glm-5", "openai/gpt-4o:2024", "a/b/c"})
    EXPECT_EQ(status_of("{\"model\":\"" + std::string(name) + "\"}"), 200) << name;
  for (const auto* name :
       {"", "gpt-4o", "openclaw/other", "openclaw:x/y", "a/b\\r\\nX: y", "a/b c", "a/\\u000ab"})
    EXPECT_EQ(status_of("{\"model\":\"" + std::string(name) + "\"}"), 404) << name;
  EXPECT_EQ(status_of("{\"model\":\"a/" + std::string(300, 'b') + "\"}"), 404);
  auto request = json_request(R"({"model":"zai\/glm-5"})");
  const auto chat = std::get<ChatRequest>(read_chat_request(request));
  EXPECT_EQ(chat.model, "zai/glm-5");
  EXPECT_EQ(chat.body, R"({"model":"openclaw"})");
}

TEST(ChatRequest, ModelWithHalfASurrogatePairIsNoModel) {
  EXPECT_EQ(status_of(R"({"model":"\ud800"})"), 404);
}

TEST(ChatRequest, SessionsAreNamedPlainlyOrNotAtAll) {
  auto request = json_request("{}");
  request.fields.push_back({"x-mosaic-session", "chat:1_a.b-c"});
  EXPECT_EQ(std::get<ChatRequest>(read_chat_request(request)).session, "chat:1_a.b-c");
  for (const auto& name : {std::string(), std::string("a b"), std::string(200, 'x')}) {
    auto odd = json_request("{}");
    odd.fields.push_back({"x-mosaic-session", name});
    EXPECT_TRUE(std::holds_alternative<Response>(read_chat_request(odd))) << name;
  }
}

TEST(EventRelay, HoldsBackWhatIsNotComplete) {
  EventRelay relay(100);
  EXPECT_EQ(relay.pass("data: 1\n\n"), "data: 1\n\n");
  EXPECT_EQ(relay.pass("data: 2\n\ndata: 3\n"), "data: 2\n\n");
  EXPECT_EQ(relay.pass("\ndata: 4"), "data: 3\n\n");
  EXPECT_EQ(relay.pass("4"), "");
  EXPECT_EQ(relay.rest(), "data: 44");
  EXPECT_EQ(relay.pass("\r\n\r\nd"), "data: 44\r\n\r\n");
  EXPECT_TRUE(relay.intact());
}

TEST(EventRelay, PassesEventsThatAreTooLargeInParts) {
  EventRelay relay(10);
  const std::string large = "data: " + std::string(50, 'x');
  EXPECT_EQ(relay.pass(large), large);
  EXPECT_FALSE(relay.intact());
  EXPECT_EQ(relay.pass("yy"), "yy");
  EXPECT_FALSE(relay.intact());
  EXPECT_EQ(relay.pass("\n\nd"), "\n\n");
  EXPECT_TRUE(relay.intact());
  EXPECT_EQ(relay.rest(), "d");
}

TEST(EventRelay, SeesTheEndOfALargeEventAcrossASeam) {
  EventRelay relay(10);
  EXPECT_EQ(relay.pass("data: 0123456789\r\n\r"), "data: 0123456789\r\n\r");
  EXPECT_FALSE(relay.intact());
  EXPECT_EQ(relay.pass("\nd"), "\n");
  EXPECT_TRUE(relay.intact());
  EXPECT_EQ(relay.rest(), "d");
}

TEST(EventRelay, HoldsBackNoMoreThanItsBoundBehindAnEvent) {
  EventRelay relay(10);
  EXPECT_EQ(relay.pass("data: 1\n"), "");
  EXPECT_EQ(relay.pass("\ndata: 0123456789"), "data: 1\n\ndata: 0123456789");
  EXPECT_FALSE(relay.intact());
  EXPECT_EQ(relay.rest(), "");
}

}  // namespace
}  // namespace mosaic::test
