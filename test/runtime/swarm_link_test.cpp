// The way to an agent on a Swarm and back, on one real node.
#include <gtest/gtest.h>

#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic {
namespace {

class SwarmLink : public testing::Test {
 protected:
  std::string start(const AgentIdentity& identity) {
    const std::string id = swarm_.create(identity);
    swarm_.driver().start(id);
    return id;
  }
  std::string endpoint(const AgentIdentity& identity) {
    return swarm_.driver().observe(identity, swarm_.image()).container.value().endpoint;
  }
  // Of a service's running task on a network.
  std::string address_on(const std::string& service, const std::string& network) {
    for (const auto& task :
         swarm_.hand().get("/tasks?" + engine_filters({{"service", {service}}}))) {
      if (task["Status"]["State"] != "running") continue;
      for (const auto& attachment : task["NetworksAttachments"]) {
        if (attachment["Network"]["Spec"]["Name"] != network) continue;
        const std::string address = attachment["Addresses"][0];
        return address.substr(0, address.find('/'));
      }
    }
    return {};
  }

  LinkedSwarmLab swarm_;
};

TEST_F(SwarmLink, TheFleetReachesAnAgentThroughItsLinkAlone) {
  const std::string fleet = swarm_.run_on_fleet("api");
  const AgentIdentity alice = swarm_.agent("alice");
  const std::string id = start(alice);
  EXPECT_TRUE(soon([&] { return swarm_.fetches(fleet, endpoint(alice)); }));
  const std::string own = address_on(id, swarm_name(network_name(alice)));
  ASSERT_FALSE(own.empty());
  EXPECT_FALSE(swarm_.fetches(fleet, own + ":18789"));
}

TEST_F(SwarmLink, StaysForAWhileAfterItsAgentAndComesAgainWithIt) {
  const AgentIdentity alice = swarm_.agent("alice");
  const std::string id = start(alice);
  const auto link_is_wanted = [&] { return swarm_.replicas(link_name(alice)) == 1; };
  EXPECT_TRUE(link_is_wanted());
  swarm_.driver().terminate(id);
  ASSERT_TRUE(soon([&] { return endpoint(alice).empty(); }));
  swarm_.driver().remove_leftovers();
  EXPECT_TRUE(link_is_wanted());
  SwarmSettings hasty = swarm_.settings();
  hasty.link_rest = Duration(0);
  const SystemClock clock;
  SwarmDriver other(hasty, clock);
  other.remove_leftovers();
  EXPECT_FALSE(link_is_wanted());
  swarm_.driver().start(id);
  EXPECT_TRUE(link_is_wanted());
  other.remove_leftovers();
  EXPECT_TRUE(link_is_wanted());
  EXPECT_FALSE(endpoint(alice).empty());
}

TEST_F(SwarmLink, AnAgentReachesTheApiThroughItsLinkAndNoOtherAgent) {
  swarm_.run_on_fleet("api");
  const AgentIdentity alice = swarm_.agent("alice");
  const AgentIdentity bob = swarm_.agent("bob");
  const std::string container = swarm_.container_of(start(alice));
  const std::string others = start(bob);
  const std::string link = address_on(link_name(alice), swarm_name(network_name(alice)));
  ASSERT_FALSE(link.empty());
  const std::string api = link + ":" + std::to_string(swarm_.settings().engine.api_port);
  EXPECT_TRUE(soon([&] { return swarm_.fetches(container, api); }));
  EXPECT_FALSE(swarm_.fetches(container, endpoint(bob)));
  EXPECT_FALSE(
      swarm_.fetches(container, address_on(others, swarm_name(network_name(bob))) + ":18789"));
}

}  // namespace
}  // namespace mosaic
