// The provider proxy over real sockets: with whose key which provider is asked, what an agent never sees, and that bytes go
// both ways as they come.
#include "api/provider_proxy/provider_proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/handlers/agent_config_handler.hpp"
#include "test/api/malformed_attack.hpp"
#include "test/api/outbound_house.hpp"
#include "test/api/raw_client.hpp"
#include "test/api/running_server.hpp"
#include "test/api/tls_front.hpp"

namespace mosaic::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string real_key = "sk-the-real-key-of-alice";

class Providers : public OutboundHouse {
 protected:
  Providers() {
    store.put_setting("fleet.providerKeys", "injected");
    put_provider("p1", "alice", "main", at(provider.port()) + "/v1", real_key);
    put_provider("p2", "bob", "bobs", at(provider.port()) + "/v1", "sk-the-real-key-of-bob");
    alice_token = add_agent(alice, "alice");
    bob_token = add_agent(bob, "bob");
  }

  static std::string at(std::uint16_t port) {
    return "http://provider.example:" + std::to_string(port);
  }

  ProviderProxyNeeds needs() {
    return {
        desk_needs(Logger::to_stream(log)), clock, refusals,
        [this](ProviderOutcome outcome) { metrics.provider_calls(to_string(outcome)).Increment(); },
        metrics.open_provider_calls()};
  }

  static ServerLimits limits_of_server() {
    auto limits = quick_limits();
    limits.io_threads = 1;
    return limits;
  }

  Router routes() {
    Router router;
    configuration.add_routes(router);
    proxy.add_routes(router);
    return router;
  }

  static std::string path_of(const std::string& provider_key, const std::string& rest,
                             const std::string& agent = "c-alice") {
    return "/api/internal/providers/user/" + agent + "/" + provider_key + "/" + rest;
  }
  std::string bearer() const { return "Authorization: Bearer " + alice_token + "\r\n"; }

  static std::string post(const std::string& path, const std::string& fields,
                          const std::string& body = "{}") {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string chat(const std::string& body = "{}") const {
    return post(path_of("main", "chat/completions"), bearer(), body);
  }

  RawResponse ask(const std::string& request) {
    return ask_once(server.port(), request).value_or(RawResponse());
  }
  double counted(std::string_view result) { return metrics.provider_calls(result).Value(); }

  // Once the last connection has ended, all that was to be counted is.
  void settle() { server.server().stop(); }

  std::string alice_token;
  std::string bob_token;
  std::ostringstream log;
  AgentScript script = [](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer("got " + request.body, "text/plain");
  };
  FakeAgent provider{[this](AgentConnection& connection, const ReceivedRequest& request) {
    script(connection, request);
  }};
  AgentConfigHandler configuration{store, people, box, Logger::silent()};
  ProviderProxy proxy{needs()};
  RunningServer server{routes(), limits_of_server()};
};

TEST_F(Providers, AProviderIsAskedWithTheRealKeyAndHearsNothingOfTheAgent) {
  const auto answer =
      ask(post(path_of("main", "chat/completions?api-version=1"),
               bearer() + "anthropic-version: 2023-06-01\r\nCookie: a=b\r\n"
                          "X-Forwarded-For: 10.0.0.9\r\nx-openclaw-scopes: all\r\n"
                          "Accept-Encoding: gzip, br\r\nProxy-Authorization: Basic eA==\r\n"
                          "Connection: x-hop\r\nX-Hop: 1\r\n",
               "hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "got hello");
  const auto requests = provider.requests();
  ASSERT_THAT(requests, SizeIs(1));
  const auto& asked = requests[0];
  EXPECT_THAT(asked.head, HasSubstr("POST /v1/chat/completions?api-version=1 HTTP/1.1\r\n"));
  EXPECT_EQ(asked.field("host"), "provider.example:" + std::to_string(provider.port()));
  EXPECT_EQ(asked.field("authorization"), "Bearer " + real_key);
  EXPECT_EQ(asked.field("accept-encoding"), "identity");
  EXPECT_EQ(asked.field("anthropic-version"), "2023-06-01");
  EXPECT_EQ(asked.field("content-type"), "application/json");
  for (const auto* name :
       {"cookie", "x-forwarded-for", "x-openclaw-scopes", "proxy-authorization", "x-hop"})
    EXPECT_EQ(asked.field(name), "") << name;
  EXPECT_THAT(asked.head, Not(HasSubstr(alice_token)));
  settle();
  EXPECT_EQ(counted("answered"), 1);
}

TEST_F(Providers, EachKindIsShownItsKeyInItsOwnField) {
  const std::map<std::string, std::string> fields{{"openai-completions", "authorization"},
                                                  {"openai-responses", "authorization"},
                                                  {"anthropic-messages", "x-api-key"},
                                                  {"google-generative-ai", "x-goog-api-key"},
                                                  {"azure-openai-responses", "api-key"}};
  for (const auto& [api, field] : fields) {
    put_provider("p1", "alice", "main", at(provider.port()), real_key, api);
    const std::string shown = field == "authorization" ? "Bearer " : "";
    // As its client shows what it holds for the key.
    const auto answer =
        ask(post(path_of("main", "x"), field + ": " + shown + alice_token + "\r\n"));
    EXPECT_EQ(answer.status, 200) << api;
    const auto asked = provider.requests().back();
    for (const auto& [other, name] : fields)
      EXPECT_EQ(asked.field(name), name == field ? shown + real_key : "") << api << " " << name;
  }
}

TEST_F(Providers, AProviderWithoutAKeyIsShownNone) {
  put_provider("p1", "alice", "main", at(provider.port()));
  EXPECT_EQ(ask(chat()).status, 200);
  EXPECT_EQ(provider.requests().back().field("authorization"), "");
}

TEST_F(Providers, NobodyWithoutTheirOwnTokenIsServed) {
  const auto path = path_of("main", "chat/completions");
  const auto nothing_here = ask(post(path_of("main", "chat/completions", "nobody"), bearer())).body;
  for (const auto& fields :
       {std::string(), "Authorization: Bearer " + bob_token + "\r\n",
        "Authorization: Basic " + alice_token + "\r\n", std::string("Authorization: Bearer \r\n"),
        "x-api-key: " + real_key + "\r\n", bearer() + "x-api-key: " + alice_token + "\r\n",
        bearer() + bearer()}) {
    const auto answer = ask(post(path, fields));
    EXPECT_EQ(answer.status, 404) << fields;
    EXPECT_EQ(answer.body, nothing_here) << fields;
  }
  EXPECT_THAT(provider.requests(), IsEmpty());
  EXPECT_EQ(look_ups, 0);
  EXPECT_EQ(counted("credential"), 8);
}

TEST_F(Providers, AnAgentThatIsBeingDeletedIsNobody) {
  store.request_deletion(alice, false, clock.now());
  EXPECT_EQ(ask(chat()).status, 404);
  EXPECT_THAT(provider.requests(), IsEmpty());
}

TEST_F(Providers, OnlyTheOwnersProvidersAreAskedAndAttemptsAreOnRecord) {
  for (const std::string key : {"bobs", "nobodys", "p1", "main%00", "MAIN"})
    EXPECT_THAT(ask(post(path_of(key, "x"), bearer())).status, AnyOf(404, 400)) << key;
  EXPECT_THAT(provider.requests(), IsEmpty());
  EXPECT_EQ(counted("provider"), 4);
  proxy.look_after();
  clock.advance(std::chrono::seconds(10));
  proxy.look_after();
  ASSERT_THAT(refusals.all, SizeIs(1));
  EXPECT_EQ(refusals.all[0].agent, alice);
  EXPECT_THAT(refusals.all[0].message, HasSubstr("no such provider"));
  EXPECT_THAT(refusals.all[0].message, Not(HasSubstr("nobodys")));
}

TEST_F(Providers, NothingThatTheAgentCanSeeHasTheKeyInIt) {
  const auto config = ask(get_request("/api/internal/agent-config/user/c-alice", bearer()));
  ASSERT_EQ(config.status, 200);
  const auto rendered = nlohmann::json::parse(config.body)["models"]["providers"]["main"];
  EXPECT_EQ(rendered["apiKey"], "${OPENCLAW_GATEWAY_TOKEN}");
  EXPECT_EQ(rendered["baseUrl"],
            "${MOSAIC_API_URL}/api/internal/providers/${AGENT_KIND}/${AGENT_ID}/main");
  EXPECT_THAT(config.head + config.body, Not(HasSubstr(real_key)));

  // A provider that says what it was shown, at once and byte by byte, in fields and in an error.
  script = [](AgentConnection& connection, const ReceivedRequest& request) {
    const auto echo = request.field("authorization");
    connection.answer("you said " + echo + ", " + echo, "text/plain", "401 Unauthorized",
                      "X-Request-Id: " + echo + "\r\nX-Echo: " + echo + "\r\n");
  };
  const auto whole = ask(chat());
  EXPECT_EQ(whole.status, 401);
  EXPECT_EQ(whole.body,
            "you said Bearer ************************, Bearer ************************");
  EXPECT_THAT(whole.head, Not(HasSubstr(real_key)));
  script = [](AgentConnection& connection, const ReceivedRequest& request) {
    connection.begin_events();
    for (const char c : request.field("authorization"))
      connection.send("1\r\n" + std::string(1, c) + "\r\n");
    connection.end_events();
  };
  RawClient client(server.port());
  client.send(chat());
  const auto pieces = client.read_until("0\r\n\r\n");
  std::string letters;
  for (const char c : pieces.substr(pieces.find("\r\n\r\n")))
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '-') letters += c;
  EXPECT_THAT(letters, Not(HasSubstr(real_key)));
  EXPECT_THAT(letters, HasSubstr("Bearer"));
  settle();
  EXPECT_THAT(log.str() + metrics.render(), Not(HasSubstr(real_key)));
}

TEST_F(Providers, EventsComeOneByOneAsTheyAreSaid) {
  std::promise<void> heard;
  script = [&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("one");
    EXPECT_EQ(heard.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
    connection.send_event("two");
    connection.end_events();
  };
  RawClient client(server.port());
  client.send(chat());
  EXPECT_THAT(client.read_until("one\n\n"), HasSubstr("text/event-stream"));
  heard.set_value();
  EXPECT_THAT(client.read_until("0\r\n\r\n"), HasSubstr("two\n\n"));
  // The connection serves the next.
  script = [](AgentConnection& connection, const ReceivedRequest&) { connection.answer("again"); };
  client.send(chat());
  EXPECT_EQ(client.read_response()->body, "again");
}

TEST_F(Providers, WhatTheProviderSaysOfAnErrorIsPassedOn) {
  for (const std::string status : {"400 Bad Request", "401 Unauthorized", "429 Too Many Requests",
                                   "500 Internal Server Error", "529 Overloaded"}) {
    script = [&](AgentConnection& connection, const ReceivedRequest&) {
      connection.answer(R"({"error":{"message":"mine"}})", "application/json", status,
                        "Retry-After: 7\r\nSet-Cookie: a=b\r\nServer: x\r\n");
    };
    const auto answer = ask(chat());
    EXPECT_EQ(std::to_string(answer.status), status.substr(0, 3));
    EXPECT_EQ(answer.body, R"({"error":{"message":"mine"}})");
    EXPECT_THAT(answer.head, HasSubstr("etry-after: 7\r\n"));
    EXPECT_THAT(answer.head, Not(HasSubstr("a=b")));
  }
}

TEST_F(Providers, NoRedirectAndNothingCodedIsPassedOn) {
  for (const std::string field :
       {"Location: http://evil.example/\r\n", "Content-Encoding: gzip\r\n"}) {
    script = [&](AgentConnection& connection, const ReceivedRequest&) {
      connection.answer("x", "text/plain", field[0] == 'L' ? "307 Temporary Redirect" : "200 OK",
                        field);
    };
    const auto answer = ask(chat());
    EXPECT_EQ(answer.status, 502);
    EXPECT_THAT(answer.head, Not(HasSubstr("evil")));
  }
  EXPECT_EQ(counted("broken"), 2);
}

TEST_F(Providers, AnAgentThatGoesAwayEndsTheCall) {
  std::promise<bool> ended;
  script = [&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("one");
    ended.set_value(connection.wait_for_end());
  };
  {
    RawClient client(server.port());
    client.send(chat());
    client.read_until("one\n\n");
    EXPECT_EQ(metrics.open_provider_calls().Value(), 1);
  }
  EXPECT_TRUE(ended.get_future().get());
  settle();
  EXPECT_EQ(counted("cancelled"), 1);
  EXPECT_EQ(metrics.open_provider_calls().Value(), 0);
}

TEST_F(Providers, AnAnswerThatBreaksOffNeverLooksWhole) {
  script = [](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("half");
    connection.cut();
  };
  RawClient client(server.port());
  client.send(chat());
  const auto answer = client.read_to_end();
  EXPECT_THAT(answer, HasSubstr("half"));
  EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n")));
  EXPECT_EQ(counted("broken"), 1);
}

TEST_F(Providers, AProviderThatIsNotThereIsToldApart) {
  names["provider.example"] = {};
  EXPECT_EQ(ask(chat()).status, 502);
  EXPECT_EQ(counted("unresolved"), 1);
  names["provider.example"] = {"127.0.0.1"};
  provider.stop();
  EXPECT_EQ(ask(chat()).status, 502);
  EXPECT_EQ(counted("unreachable"), 1);
}

TEST_F(Providers, MuchIsCarriedBothWaysInEitherFraming) {
  const std::string much(6 * 1024 * 1024, 'x');
  script = [&](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer(request.body, "text/plain");
  };
  EXPECT_TRUE(ask(chat(much)).body == much);
  RawClient client(server.port());
  client.send("POST " + path_of("main", "x") + " HTTP/1.1\r\nHost: a\r\n" + bearer() +
              "Transfer-Encoding: chunked\r\n\r\n" + "3;a=b\r\nabc\r\n600000\r\n" + much +
              "\r\n0\r\n\r\n");
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_GT(answer->body.size(), much.size());
  EXPECT_THAT(answer->body, Not(HasSubstr("a=b"))) << "extensions are for one hop";
}

TEST_F(Providers, ABodyThatIsTooLargeIsRefused) {
  RawClient client(server.port());
  client.send("POST " + path_of("main", "x") + " HTTP/1.1\r\nHost: a\r\n" + bearer() +
              "Content-Length: 33554433\r\n\r\n");
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_TRUE(client.ended());
}

TEST_F(Providers, APathLeadsNowhereButBeneathTheBaseUrl) {
  for (const std::string path : {"../admin", "a/../../admin", "%2e%2e/admin", "a/%2E%2e/b", ".",
                                 "a//b", "a%2f..%2fb", "a%5c..%5cb", "a\\b", "x/"}) {
    EXPECT_EQ(ask(post(path_of("main", path), bearer())).status, 400) << path;
  }
  EXPECT_EQ(ask(post(path_of("main", "@evil.example:80"), bearer())).status, 200);
  ASSERT_THAT(provider.requests(), SizeIs(1));
  EXPECT_THAT(provider.requests()[0].head, HasSubstr("POST /v1/@evil.example:80 HTTP/1.1\r\n"));
  for (const auto* method : {"DELETE", "PUT", "PATCH", "OPTIONS"}) {
    auto request = chat();
    request.replace(0, 4, method);
    EXPECT_EQ(ask(request).status, 405) << method;
  }
}

TEST_F(Providers, AddressesThatNobodyMayAskAreNotAsked) {
  for (const std::string address :
       {"10.0.0.5", "169.254.169.254", "10.213.0.10", "::ffff:10.0.0.5"}) {
    names["provider.example"] = {"127.0.0.1", address};
    EXPECT_EQ(ask(chat()).status, 403) << address;
  }
  put_provider("p1", "alice", "main", at(own.port()), real_key);
  names["provider.example"] = {"127.0.0.1"};
  EXPECT_EQ(ask(chat()).status, 403);
  EXPECT_EQ(own.connections(), 0);
  EXPECT_EQ(counted("address"), 5);
  proxy.look_after();
  clock.advance(std::chrono::seconds(10));
  proxy.look_after();
  ASSERT_THAT(refusals.all, SizeIs(1));
  EXPECT_THAT(refusals.all[0].message, HasSubstr("provider.example:"));
}

TEST_F(Providers, WithKeysDeliveredNobodyIsServed) {
  store.put_setting("fleet.providerKeys", "delivered");
  const auto answer = ask(chat());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Retry-After"), "2");
  EXPECT_THAT(provider.requests(), IsEmpty());
  EXPECT_EQ(counted("delivered"), 1);
}

TEST_F(Providers, FiftyThousandMalformedCallsLeaveItAsItWas) {
  std::atomic<int> misread = 0;
  script = [&](AgentConnection& connection, const ReceivedRequest& request) {
    const bool ours = request.field("authorization") == "Bearer " + real_key &&
                      request.head.find(" /v1/") != std::string::npos;
    if (!ours) ++misread;
    connection.answer("{}");
  };
  const std::vector<std::string> valid{
      chat(), get_request(path_of("main", "models"), bearer()),
      "POST " + path_of("main", "messages") + " HTTP/1.1\r\nHost: a\r\n" + bearer() +
          "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n"};
  auto total = attack_from_four_threads(server.port(), 20'261'125U, valid, AttackReading::first);
  EXPECT_EQ(misread, 0);
  EXPECT_GT(total[200], 0);
  EXPECT_GT(total[400], 0);
  EXPECT_EQ(ask(chat()).body, "{}");
}

class ProvidersWithoutPatience : public Providers {
 protected:
  static ProviderLimits impatient() {
    ProviderLimits limits;
    limits.connect = std::chrono::milliseconds(100);
    limits.silence = std::chrono::milliseconds(100);
    return limits;
  }
  Router impatient_routes() {
    Router router;
    quick.add_routes(router);
    return router;
  }
  int quick_status() {
    return ask_once(quick_server.port(), chat()).value_or(RawResponse()).status;
  }

  ProviderProxy quick{needs(), impatient()};
  RunningServer quick_server{impatient_routes(), limits_of_server()};
};

TEST_F(ProvidersWithoutPatience, AProviderThatSaysNothingIsGivenUp) {
  script = [](AgentConnection& connection, const ReceivedRequest&) {
    EXPECT_TRUE(connection.wait_for_end());
  };
  EXPECT_EQ(quick_status(), 502);
  EXPECT_EQ(counted("broken"), 1);
}

TEST_F(ProvidersWithoutPatience, SoIsOneThatNeverEndsItsHandshake) {
  put_provider("p1", "alice", "main", "https://provider.example:" + std::to_string(provider.port()),
               real_key);
  EXPECT_EQ(quick_status(), 502);
  EXPECT_EQ(counted("unreachable"), 1);
}

class ProvidersOverTls : public Providers {
 protected:
  ProvidersOverTls() {
    std::string pattern = "/tmp/mosaic-tls-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    for (const auto* identity : {&authority, &stranger}) {
      write_pem(file_of(*identity),
                [&](FILE* file) { PEM_write_X509(file, identity->certificate.get()); });
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string file_of(const Identity& identity) const {
    return folder + (&identity == &authority ? "/authority.pem" : "/stranger.pem");
  }

  // What alice's agent is answered where that authority's word is taken.
  RawResponse ask_trusting(const Identity& trusted, const TlsFront& front_of_it,
                           const std::string& request) {
    put_provider("p1", "alice", "main",
                 "https://provider.example:" + std::to_string(front_of_it.port()), real_key);
    ProviderProxy trusting(needs(), {}, TlsFiles{file_of(trusted), {}, {}});
    Router router;
    trusting.add_routes(router);
    RunningServer running(std::move(router), limits_of_server());
    return ask_once(running.port(), request).value_or(RawResponse());
  }

  Identity authority = make_identity("authority", nullptr);
  Identity stranger = make_identity("stranger", nullptr);
  Identity named = make_identity("provider", &authority, "DNS:provider.example");
  TlsFront front{named, provider.port()};
  std::string folder;
};

TEST_F(ProvidersOverTls, MuchIsCarriedBothWays) {
  const std::string much(6 * 1024 * 1024, 'x');
  script = [&](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer(request.body == much ? much + "y" : "something else", "text/plain");
  };
  EXPECT_TRUE(ask_trusting(authority, front, chat(much)).body == much + "y");
  EXPECT_EQ(provider.requests().back().field("authorization"), "Bearer " + real_key);
  EXPECT_EQ(counted("answered"), 1);
}

TEST_F(ProvidersOverTls, NoKeyGoesToWhoCannotProveWhoTheyAre) {
  EXPECT_EQ(ask_trusting(stranger, front, chat()).status, 502);
  const auto other = make_identity("provider", &authority, "DNS:other.example");
  const TlsFront impostor(other, provider.port());
  EXPECT_EQ(ask_trusting(authority, impostor, chat()).status, 502);
  EXPECT_EQ(counted("tls"), 2);
  EXPECT_THAT(provider.requests(), IsEmpty());
}

}  // namespace
}  // namespace mosaic::test
