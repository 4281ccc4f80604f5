// Two people with an agent each, names that mean what a test says, and who may be asked: what the proxies for agents' ways out
// decide upon.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/egress/egress_desk.hpp"
#include "secrets/token.hpp"
#include "store/egress_refusal_log.hpp"
#include "telemetry/metrics.hpp"
#include "test/api/fake_agent.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {

class RecordedRefusals final : public EgressRefusalLog {
 public:
  void append_egress_refusal(const EgressRefusal& refusal) override { all.push_back(refusal); }
  std::vector<EgressRefusal> all;
};

class OutboundHouse : public testing::Test {
 protected:
  OutboundHouse() { names["provider.example"] = {"127.0.0.1"}; }

  // Returns the plaintext token.
  std::string add_agent(const ResourceKey& key, const std::string& owner,
                        const std::string& endpoint = "") {
    const auto token = generate_token();
    AgentRow row;
    row.key = key;
    row.owner = owner;
    row.container_name = "mosaic-" + owner;
    row.gateway_token = box.encrypt(token);
    row.status.endpoint = endpoint;
    store.put_agent(row);
    return token;
  }

  void put_provider(const std::string& id, const std::string& owner, const std::string& name,
                    const std::string& base_url, const std::string& key = "",
                    const std::string& api = "") {
    ProviderRow row;
    row.id = id;
    row.owner = owner;
    row.name = name;
    row.type = "custom";
    row.base_url = base_url;
    row.api_type = api;
    row.api_key = key.empty() ? "" : box.encrypt(key);
    row.models_json = R"([{"id":"m"}])";
    store.put_provider(row);
  }

  // Everything on this host may be asked, but for two ports that count as ours; one is the agents' listener.
  EgressDeskNeeds desk_needs(Logger log = Logger::silent()) {
    OutboundPolicy policy;
    policy.loopback = true;
    policy.own_ports = {own.port(), agents.port()};
    policy.refused = {*IpRange::parse("10.213.0.0/16")};
    const auto look_up = [this](const std::string& host, const WaitLimit&) {
      return look_up_name(host);
    };
    return {store, people, box, policy, look_up, std::move(log), agents.port()};
  }

  const ResourceKey alice{ResourceKind::user_container, "c-alice"};
  const ResourceKey bob{ResourceKind::user_container, "c-bob"};
  FakeClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"a secret of more than thirty-two characters"};
  Metrics metrics;
  RecordedRefusals refusals;
  FakeAgent own{[](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer("never", "text/plain");
  }};
  FakeAgent agents{[](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer("never: what is for it is answered in place", "text/plain");
  }};
  std::mutex names_mutex;
  std::map<std::string, std::vector<std::string>> names;
  int look_ups = 0;

 private:
  std::vector<IpAddress> look_up_name(const std::string& host) {
    const std::lock_guard lock(names_mutex);
    ++look_ups;
    if (const auto literal = IpAddress::parse(host)) return {*literal};
    std::vector<IpAddress> addresses;
    for (const auto& text : names[host]) addresses.push_back(*IpAddress::parse(text));
    return addresses;
  }
};

}  // namespace mosaic::test
