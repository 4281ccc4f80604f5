// The egress proxy over real sockets: what it lets through, what it refuses, and that it carries bytes as they are.
#include "api/egress/egress_proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "secrets/base64.hpp"
#include "secrets/egress_credential.hpp"
#include "test/api/outbound_house.hpp"
#include "test/api/raw_client.hpp"

namespace mosaic::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Egress : public OutboundHouse {
 protected:
  Egress() {
    names["open.example"] = {"127.0.0.1"};
    put_provider("p1", "alice", "main", "http://provider.example:" + std::to_string(target.port()));
    alice_secret = egress_secret(add_agent(alice, "alice", "127.0.0.1:18789"));
    bob_secret = egress_secret(add_agent(bob, "bob", "10.213.0.10:18789"));
    proxy.start();
  }
  void TearDown() override { proxy.stop(); }

  EgressProxyNeeds needs() {
    return EgressProxyNeeds{
        desk_needs(),
        clock,
        refusals,
        [this](EgressOutcome outcome) { metrics.egress_requests(to_string(outcome)).Increment(); },
        metrics.egress_traffic(),
        own_routes()};
  }

  static std::shared_ptr<const Router> own_routes() {
    auto router = std::make_shared<Router>();
    router->add("POST", "/echo", [](const Request& request) {
      return Response(200, "text/plain", request.peer_address + " said " + request.body);
    });
    return router;
  }

  std::string credential(const ResourceKey& agent, const std::string& secret) const {
    const auto text = egress_user(agent) + ":" + secret;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    return "Proxy-Authorization: Basic " + base64_encode({bytes, text.size()}) + "\r\n";
  }
  std::string own_credential() const { return credential(alice, alice_secret); }

  static std::string connect_request(const std::string& authority, const std::string& fields) {
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + fields + "\r\n";
  }
  std::string target_authority(const std::string& host) const {
    return host + ":" + std::to_string(target.port());
  }

  int status_of(const std::string& request) {
    const auto response = ask_once(proxy.port(), request);
    return response ? response->status : 0;
  }
  int connect_status(const std::string& authority) {
    return status_of(connect_request(authority, own_credential()));
  }

  double counted(std::string_view result) { return metrics.egress_requests(result).Value(); }

  // Opens a tunnel to the target.
  void open(RawClient& client) {
    client.send(connect_request(target_authority("open.example"), own_credential()));
    EXPECT_EQ(client.read_some(), "HTTP/1.1 200 Connection established\r\n\r\n");
  }

  AgentScript script = [](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer("got " + request.body, "text/plain");
  };
  FakeAgent target{[this](AgentConnection& connection, const ReceivedRequest& request) {
    script(connection, request);
  }};
  std::string alice_secret;
  std::string bob_secret;
  EgressProxy proxy{EgressProxySettings{}, needs()};
};

TEST_F(Egress, ATunnelCarriesBytesBothWays) {
  RawClient client(proxy.port());
  open(client);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "got hi");
  EXPECT_EQ(counted("allowed"), 1);
}

TEST_F(Egress, ATunnelThatOneSideEndsGoesOnTheOtherWay) {
  script = [](AgentConnection& connection, const ReceivedRequest&) {
    EXPECT_TRUE(connection.wait_for_end());
    connection.answer("after your end", "text/plain");
  };
  RawClient client(proxy.port());
  open(client);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.close_sending();
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "after your end");
}

TEST_F(Egress, MuchIsCarriedWithoutALoss) {
  const std::string much(8 * 1024 * 1024, 'x');
  script = [&](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer(request.body == much ? much : "something else", "text/plain");
  };
  RawClient client(proxy.port());
  open(client);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(much.size()) +
              "\r\n\r\n" + much);
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->body == much);
  EXPECT_GT(metrics.egress_traffic().received_bytes.Value(), much.size());
}

TEST_F(Egress, PlainHttpIsForwardedOnceAndWithoutTheCredential) {
  RawClient client(proxy.port());
  const auto authority = target_authority("open.example");
  client.send("POST http://" + authority + "/path HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n" +
              own_credential() + "\r\nhi");
  const auto answer = client.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "got hi");
  const auto requests = target.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].head, HasSubstr("POST /path HTTP/1.1\r\n"));
  EXPECT_EQ(requests[0].field("host"), authority);
  EXPECT_EQ(requests[0].field("proxy-authorization"), "");
}

TEST_F(Egress, AnotherRequestOnTheSameConnectionReachesNobody) {
  RawClient client(proxy.port());
  const auto request = "GET http://" + target_authority("open.example") +
                       "/ HTTP/1.1\r\nHost: x\r\n" + own_credential() + "\r\n";
  client.send(request + request);
  client.read_to_end();
  EXPECT_LE(target.requests().size(), 1u);
}

TEST_F(Egress, NobodyWithoutTheirOwnCredentialIsServed) {
  const auto authority = target_authority("open.example");
  for (const auto& fields :
       {std::string(), credential(alice, bob_secret), credential(alice, "wrong"),
        credential({ResourceKind::system_container, "c-alice"}, alice_secret),
        credential({ResourceKind::user_container, "nobody"}, alice_secret)}) {
    EXPECT_EQ(status_of(connect_request(authority, fields)), 407) << fields;
  }
  EXPECT_EQ(counted("credential"), 5);
  EXPECT_EQ(look_ups, 0) << "a name is a way out, too";
  EXPECT_THAT(target.requests(), IsEmpty());
}

TEST_F(Egress, ACredentialIsOfNoUseAtAnotherAgentsAddress) {
  EXPECT_EQ(
      status_of(connect_request(target_authority("open.example"), credential(bob, bob_secret))),
      407);
}

TEST_F(Egress, AnAgentThatIsBeingDeletedIsNobody) {
  store.request_deletion(alice, false, clock.now());
  EXPECT_EQ(connect_status(target_authority("open.example")), 407);
}

TEST_F(Egress, EveryAddressOfANameMustBeOneThatMayBeAsked) {
  for (const std::string address :
       {"10.0.0.5", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "224.0.0.1",
        "0.0.0.0", "255.255.255.255", "10.213.0.10", "fd00::1", "fe80::1", "ff02::1",
        "::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::"}) {
    names["inner.example"] = {"127.0.0.1", address};
    EXPECT_EQ(connect_status(target_authority("inner.example")), 403) << address;
    const bool v6 = address.find(':') != std::string::npos;
    EXPECT_EQ(connect_status(target_authority(v6 ? "[" + address + "]" : address)), 403) << address;
  }
  EXPECT_THAT(target.requests(), IsEmpty());
  EXPECT_EQ(counted("address"), 30);
}

TEST_F(Egress, OurOwnPortsAreNeverAsked) {
  EXPECT_EQ(connect_status("127.0.0.1:" + std::to_string(own.port())), 403);
  EXPECT_EQ(connect_status("open.example:" + std::to_string(own.port())), 403);
  EXPECT_EQ(own.connections(), 0);
}

TEST_F(Egress, TheAgentsOwnListenerIsAskedWhereTheProxyIsAndNowhereElse) {
  const auto port = ":" + std::to_string(agents.port());
  store.put_setting("fleet.egress.userAgents", "providers");
  RawClient client(proxy.port());
  client.send(connect_request("127.0.0.1" + port, own_credential()));
  EXPECT_EQ(client.read_some(), "HTTP/1.1 200 Connection established\r\n\r\n");
  for (const std::string word : {"one", "two"}) {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" + word);
    EXPECT_EQ(client.read_response()->body, "127.0.0.1 said " + word);
  }
  EXPECT_EQ(status_of(connect_request("127.0.0.1" + port, credential(alice, "wrong"))), 407);
  store.put_setting("fleet.egress.userAgents", "internet");
  for (const std::string elsewhere : {"127.0.0.2", "open.example", "[::1]"})
    EXPECT_EQ(connect_status(elsewhere + port), 403) << elsewhere;
  EXPECT_EQ(status_of("GET http://127.0.0.1" + port + "/ HTTP/1.1\r\nHost: a\r\n" +
                      own_credential() + "\r\n"),
            403)
      << "which is what NO_PROXY is for";
  EXPECT_EQ(agents.connections(), 0);
}

TEST_F(Egress, ANameIsLookedUpOnceAndMeansWhatItMeantThen) {
  names["turning.example"] = {"127.0.0.1"};
  const auto before = look_ups;
  EXPECT_EQ(connect_status(target_authority("turning.example")), 200);
  EXPECT_EQ(look_ups, before + 1);
  names["turning.example"] = {"10.0.0.5"};
  EXPECT_EQ(connect_status(target_authority("turning.example")), 403);
}

TEST_F(Egress, WhatAnAdminChangesHoldsForTheNextRequest) {
  store.put_setting("fleet.egress.userAgents", "providers");
  EXPECT_EQ(connect_status(target_authority("open.example")), 403);
  EXPECT_EQ(connect_status(target_authority("provider.example")), 200);
  EXPECT_EQ(counted("policy"), 1);
  store.put_setting("fleet.egress.userAgents", "listed");
  store.put_setting("fleet.egress.hosts", target_authority("open.example"));
  EXPECT_EQ(connect_status(target_authority("open.example")), 200);
}

TEST_F(Egress, PrivateAddressesThatAnAdminAllowsAreForProvidersOnly) {
  store.put_setting("fleet.providerPrivateRanges", "10.1.0.0/16");
  names["open.example"] = {"10.1.0.1"};
  EXPECT_EQ(connect_status(target_authority("open.example")), 403);
}

TEST_F(Egress, ANameWithoutAnAddressIsToldApart) {
  EXPECT_EQ(connect_status(target_authority("absent.example")), 502);
  EXPECT_EQ(counted("unresolved"), 1);
}

TEST_F(Egress, RefusalsAreOnTheAgentsRecordOnceInAWhile) {
  store.put_setting("fleet.egress.userAgents", "providers");
  for (int i = 0; i < 3; ++i) connect_status("evil.example:443");
  for (int i = 0; i < 9; ++i) connect_status("evil" + std::to_string(i) + ".example:443");
  proxy.look_after();
  EXPECT_THAT(refusals.all, IsEmpty());
  clock.advance(std::chrono::seconds(10));
  proxy.look_after();
  ASSERT_THAT(refusals.all, SizeIs(1));
  EXPECT_EQ(refusals.all[0].agent, alice);
  EXPECT_THAT(refusals.all[0].message,
              HasSubstr("evil.example:443: This agent may not ask that host. (3 times)"));
  EXPECT_THAT(refusals.all[0].message, HasSubstr("And 6 more."));
  connect_status("evil.example:443");
  clock.advance(std::chrono::minutes(4));
  proxy.look_after();
  EXPECT_THAT(refusals.all, SizeIs(1));
  clock.advance(std::chrono::minutes(2));
  proxy.look_after();
  EXPECT_THAT(refusals.all, SizeIs(2));
}

class QuickEgress : public Egress {
 protected:
  explicit QuickEgress(EgressLimits limits) : limits_(limits) { quick.start(); }
  void TearDown() override {
    quick.stop();
    Egress::TearDown();
  }

  EgressProxySettings quick_settings() const {
    EgressProxySettings settings;
    settings.limits = limits_;
    return settings;
  }

  const EgressLimits limits_;
  EgressProxy quick{quick_settings(), needs()};
};

class EgressJudgedOften : public QuickEgress {
 protected:
  EgressJudgedOften() : QuickEgress(limits()) {}
  static EgressLimits limits() {
    EgressLimits limits;
    limits.judge_again = std::chrono::milliseconds(50);
    return limits;
  }
};

TEST_F(EgressJudgedOften, ATunnelEndsOnceItsHostIsNoLongerAllowed) {
  RawClient client(quick.port());
  open(client);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(client.read_response()) << "it may go on meanwhile";
  store.put_setting("fleet.egress.userAgents", "providers");
  EXPECT_TRUE(client.ended());
}

class EgressWithoutPatience : public QuickEgress {
 protected:
  EgressWithoutPatience() : QuickEgress(limits()) {}
  static EgressLimits limits() {
    EgressLimits limits;
    limits.idle = std::chrono::milliseconds(50);
    return limits;
  }
};

TEST_F(EgressWithoutPatience, ATunnelInWhichNothingMovesEnds) {
  RawClient client(quick.port());
  open(client);
  EXPECT_TRUE(client.ended());
}

TEST_F(Egress, StoppingEndsOpenTunnels) {
  RawClient client(proxy.port());
  open(client);
  proxy.stop();
  EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace mosaic::test
