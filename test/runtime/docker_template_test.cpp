#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/boot/boot_script.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/host_isolation.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

AgentSpec alice() {
  AgentSpec spec;
  spec.identity = AgentIdentity{"1a2b3c4d5e6f", ResourceKey(ResourceKind::user_container, "c123"),
                                "alice", "alice-agent"};
  spec.image = "alpine/openclaw:latest";
  spec.gateway_token = "the-token";
  spec.spec_hash = "abc";
  return spec;
}

json body_of(const AgentSpec& spec, const DockerSettings& settings = {}) {
  return json::parse(container_body(spec, "10.213.0.1", VolumeOwner::from_image, settings));
}

TEST(ContainerTemplate, IsTheHardenedBaseline) {
  const json body = body_of(alice());
  const json& host = body["HostConfig"];
  EXPECT_EQ(body["User"], "1000:1000");
  EXPECT_EQ(host["CapDrop"], json::array({"ALL"}));
  EXPECT_FALSE(host.contains("CapAdd"));
  EXPECT_EQ(host["SecurityOpt"], json::array({"no-new-privileges"}));
  EXPECT_EQ(host["ReadonlyRootfs"], true);
  EXPECT_EQ(host["Privileged"], false);
  EXPECT_EQ(host["IpcMode"], "private");
  EXPECT_EQ(host["CgroupnsMode"], "private");
  EXPECT_EQ(host["Init"], true);
  EXPECT_EQ(host["PidsLimit"], 256);
  EXPECT_EQ(host["RestartPolicy"]["Name"], "no");
  EXPECT_EQ(host["PublishAllPorts"], false);
  EXPECT_FALSE(host.contains("Binds"));
  EXPECT_FALSE(host.contains("PortBindings"));
  EXPECT_FALSE(host.contains("PidMode"));
  EXPECT_EQ(host["NanoCpus"], 2'000'000'000);
  EXPECT_EQ(host["LogConfig"]["Config"]["max-size"], "5m");
  EXPECT_EQ(host["Ulimits"].size(), 2U);
  EXPECT_EQ(body["Healthcheck"]["Test"], json::array({"NONE"}));
  const std::string tmp = host["Tmpfs"]["/tmp"];
  EXPECT_NE(tmp.find("nosuid,nodev"), std::string::npos);
  EXPECT_NE(tmp.find("mode=1777"), std::string::npos);
}

TEST(ContainerTemplate, MountsTwoVolumesAndNothingOfTheHost) {
  const json mounts = body_of(alice())["HostConfig"]["Mounts"];
  ASSERT_EQ(mounts.size(), 2U);
  for (const json& mount : mounts) EXPECT_EQ(mount["Type"], "volume");
  EXPECT_EQ(mounts[0]["Target"], "/home/node/.openclaw");
  EXPECT_EQ(mounts[1]["Target"], "/home/node/workspace");
}

TEST(ContainerTemplate, ForbidsSwapUnlessHibernationNeedsIt) {
  AgentSpec spec = alice();
  EXPECT_EQ(body_of(spec)["HostConfig"]["Memory"], 1536LL << 20);
  EXPECT_EQ(body_of(spec)["HostConfig"]["MemorySwap"], 1536LL << 20);
  spec.swap_allowed = true;
  EXPECT_EQ(body_of(spec)["HostConfig"]["MemorySwap"], 2 * (1536LL << 20));
}

TEST(ContainerTemplate, KeepsTheTokenInTheEnvironmentOnly) {
  json body = body_of(alice());
  const json environment = body["Env"];
  EXPECT_NE(std::find(environment.begin(), environment.end(), "AGENT_TOKEN=the-token"),
            environment.end());
  body.erase("Env");
  EXPECT_EQ(body.dump().find("the-token"), std::string::npos);
}

TEST(ContainerTemplate, NamesTheEgressProxyWhereThereIsOne) {
  EXPECT_EQ(body_of(alice()).dump().find("PROXY"), std::string::npos);
  DockerSettings settings;
  settings.proxy_port = 18081;
  settings.proxy_credential = [](const ResourceKey& agent, const std::string& token) {
    return agent.name + ":derived-of-" + token;
  };
  const json environment = body_of(alice(), settings)["Env"];
  for (const char* line : {"HTTPS_PROXY=http://c123:derived-of-the-token@10.213.0.1:18081",
                           "OPENCLAW_PROXY_URL=http://c123:derived-of-the-token@10.213.0.1:18081",
                           "NO_PROXY=127.0.0.1,localhost,::1,10.213.0.1", "NODE_USE_ENV_PROXY=1"}) {
    EXPECT_NE(std::find(environment.begin(), environment.end(), line), environment.end()) << line;
  }
}

TEST(ContainerTemplate, HandsTheBootScriptToAStockImage) {
  const json body = body_of(alice());
  EXPECT_EQ(body["Entrypoint"], json::array({"/bin/sh", "-c"}));
  EXPECT_EQ(body["Cmd"][0], std::string(agent_boot_script()));
  const json environment = body["Env"];
  for (const char* line : {"MOSAIC_API_URL=http://10.213.0.1:3000", "AGENT_ID=c123",
                           "AGENT_KIND=user", "OPENCLAW_STATE_DIR=/home/node/.openclaw"}) {
    EXPECT_NE(std::find(environment.begin(), environment.end(), line), environment.end()) << line;
  }
}

TEST(ContainerTemplate, LabelsEverything) {
  const AgentSpec spec = alice();
  const json container = body_of(spec)["Labels"];
  EXPECT_EQ(container["com.mosaic.instance"], "1a2b3c4d5e6f");
  EXPECT_EQ(container["com.mosaic.kind"], "user");
  EXPECT_EQ(container["com.mosaic.id"], "c123");
  EXPECT_EQ(container["com.mosaic.role"], "agent");
  EXPECT_EQ(container["com.mosaic.spec-hash"], "abc");
  const json network =
      json::parse(network_body(spec.identity, parse_subnet("10.213.0.8/29").value()));
  EXPECT_EQ(network["Labels"]["com.mosaic.id"], "c123");
  EXPECT_EQ(network["IPAM"]["Config"],
            json::array({{{"Subnet", "10.213.0.8/29"}, {"Gateway", "10.213.0.9"}}}));
  EXPECT_EQ(network["Options"]["com.docker.network.bridge.enable_icc"], "false");
  const json volume = json::parse(volume_body(spec.identity, "v", role::state));
  EXPECT_EQ(volume["Labels"]["com.mosaic.owner"], "alice");
  EXPECT_FALSE(volume["Labels"].contains("com.mosaic.id"));
}

TEST(ContainerTemplate, NamesBridgesSoThatTheFirewallKnowsThem) {
  const std::string first = bridge_name("1a2b3c4d5e6f", parse_subnet("10.213.0.8/29").value());
  const std::string second = bridge_name("1a2b3c4d5e6f", parse_subnet("10.213.0.16/29").value());
  EXPECT_TRUE(first.starts_with(agent_bridge_prefix("1a2b3c4d5e6f")));
  EXPECT_LE(first.size(), 15U);
  EXPECT_NE(first, second);
}

TEST(ContainerTemplate, ChangesItsFingerprintWithTheTemplateAlone) {
  DockerSettings settings;
  settings.instance = "1a2b3c4d5e6f";
  const std::string before = fingerprint_of_template(settings);
  settings.instance = "ffffffffffff";
  settings.subnet_range = "10.0.0.0/8";
  settings.endpoint.url = "tcp://elsewhere:1";
  EXPECT_EQ(fingerprint_of_template(settings), before);
  settings.api_port = 4000;
  EXPECT_NE(fingerprint_of_template(settings), before);
}

}  // namespace
}  // namespace mosaic
