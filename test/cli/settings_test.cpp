#include "cli/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>

#include "cli/engine_parts.hpp"
#include "cli/failure.hpp"
#include "secrets/egress_credential.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

RawSettings raw() {
  RawSettings raw;
  raw.data_dir = "/var/lib/mosaic";
  return raw;
}

struct BadCase {
  const char* name;
  std::function<void(RawSettings&)> change;
  const char* names_the_option;
};

void PrintTo(const BadCase& bad, std::ostream* out) { *out << bad.name; }

class RefusedSettings : public testing::TestWithParam<BadCase> {};

TEST_P(RefusedSettings, AreOneLineThatNamesTheOption) {
  RawSettings bad = raw();
  GetParam().change(bad);
  try {
    validate(bad, "");
    FAIL() << "was accepted";
  } catch (const UsageError& error) {
    const std::string line = error.what();
    EXPECT_NE(line.find(GetParam().names_the_option), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_EQ(error.code(), ExitCode::usage);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedSettings,
    testing::Values(
        BadCase{"listen without a port", [](auto& r) { r.listen = "127.0.0.1"; }, "--listen"},
        BadCase{"agents on any port", [](auto& r) { r.agent_listen = "127.0.0.1:0"; },
                "--agent-listen"},
        BadCase{"listen on a name", [](auto& r) { r.listen = "example.com:80"; }, "--listen"},
        BadCase{"listen on half an IPv6 address", [](auto& r) { r.listen = "[::1:80"; },
                "--listen"},
        BadCase{"both on one port", [](auto& r) { r.agent_listen = "0.0.0.0:8080"; },
                "--agent-listen"},
        BadCase{"public url with a path",
                [](auto& r) { r.public_url = "https://fleet.example.com/mosaic"; }, "--public-url"},
        BadCase{"plain http of an unknown word", [](auto& r) { r.plain_http = "maybe"; },
                "--plain-http"},
        BadCase{"proxy of a name",
                [](auto& r) {
                  r.trusted_proxies = {"10.0.0.5", "proxy.lan"};
                },
                "--trusted-proxies: 'proxy.lan'"},
        BadCase{"proxies with host bits", [](auto& r) { r.trusted_proxies = {"10.0.0.5/8"}; },
                "--trusted-proxies"},
        BadCase{"everybody a proxy", [](auto& r) { r.trusted_proxies = {"0.0.0.0/0"}; },
                "--trusted-proxies"},
        BadCase{"subnet with host bits", [](auto& r) { r.agent_subnets = "10.213.1.0/16"; },
                "--agent-subnets"},
        BadCase{"lease without room for a renewal", [](auto& r) { r.lease_seconds = 2; },
                "--lease-seconds"},
        BadCase{"subnet too small", [](auto& r) { r.agent_subnets = "10.213.0.0/28"; },
                "--agent-subnets"},
        BadCase{"subnet of the loopback", [](auto& r) { r.agent_subnets = "127.0.0.0/16"; },
                "--agent-subnets"},
        BadCase{"subnet no network", [](auto& r) { r.agent_subnets = "everything"; },
                "--agent-subnets"},
        BadCase{"engine without a scheme", [](auto& r) { r.engine = "/var/run/docker.sock"; },
                "--engine"},
        BadCase{"TLS on a socket", [](auto& r) { r.engine_tls_dir = "/tmp"; }, "--engine-tls-dir"},
        BadCase{"TLS without files",
                [](auto& r) {
                  r.engine = "tcp://10.0.0.5:2376";
                  r.engine_tls_dir = "/nowhere";
                },
                "--engine-tls-dir"},
        BadCase{"egress of another word", [](auto& r) { r.agent_egress = "some"; },
                "--agent-egress"},
        BadCase{"egress to a name", [](auto& r) { r.agent_egress_allow = {"ollama.local:11434"}; },
                "--agent-egress-allow"},
        BadCase{"firewall of another word", [](auto& r) { r.firewall = "maybe"; }, "--firewall"},
        BadCase{"workers below zero", [](auto& r) { r.workers = -1; }, "--workers"},
        BadCase{"too many workers", [](auto& r) { r.workers = 1000; }, "--workers"},
        BadCase{"start concurrency", [](auto& r) { r.start_concurrency = 1000; },
                "--start-concurrency"},
        BadCase{"log format", [](auto& r) { r.log_format = "xml"; }, "--log-format"},
        BadCase{"log level", [](auto& r) { r.log_level = "loud"; }, "--log-level"},
        BadCase{"relative data folder", [](auto& r) { r.data_dir = "data"; }, "--data-dir"},
        BadCase{"image with blanks", [](auto& r) { r.agent_image = "a b"; }, "--agent-image"},
        BadCase{"engine of an unknown kind", [](auto& r) { r.engine_kind = "auto"; },
                "--engine-kind"},
        BadCase{"no link image on a swarm",
                [](auto& r) {
                  r.engine_kind = "swarm";
                  r.link_image.clear();
                },
                "--link-image"},
        BadCase{"fleet network with a blank",
                [](auto& r) {
                  r.engine_kind = "swarm";
                  r.fleet_network = "a b";
                },
                "--fleet-network"},
        BadCase{"agents' api without a port", [](auto& r) { r.agents_api = "api"; },
                "--agents-api"},
        BadCase{"agents' api of a port too high", [](auto& r) { r.agents_api = "api:65536"; },
                "--agents-api"},
        BadCase{"the egress proxy on a swarm",
                [](auto& r) {
                  r.engine_kind = "swarm";
                  r.agent_egress = "proxy";
                },
                "--agent-egress"},
        BadCase{"some egress on a swarm",
                [](auto& r) {
                  r.engine_kind = "swarm";
                  r.agent_egress_allow = {"192.168.1.5:11434"};
                },
                "--agent-egress-allow"},
        BadCase{"a wall on a swarm that nobody can build",
                [](auto& r) {
                  r.engine_kind = "swarm";
                  r.firewall = "required";
                },
                "--firewall"},
        BadCase{"database of another kind", [](auto& r) { r.database_url = "mysql://localhost/x"; },
                "DATABASE_URL"}));

TEST(Settings, HaveUsableDefaults) {
  const Settings settings = validate(raw(), "");
  EXPECT_TRUE(settings.embedded_database());
  EXPECT_EQ(to_string(settings.listen), "127.0.0.1:8080");
  EXPECT_EQ(to_string(settings.agent_listen), "0.0.0.0:18080");
  EXPECT_EQ(to_string(settings.agent_subnets), "10.213.0.0/16");
  EXPECT_TRUE(settings.engine.is_local());
  EXPECT_GE(settings.workers, 4);
  EXPECT_GE(settings.start_concurrency, 2);
}

TEST(Settings, AcceptBothSpellingsOfADatabase) {
  for (const char* url :
       {"postgresql://a@b/c", "postgres://a@b/c", "host=/run/postgresql dbname=mosaic"}) {
    RawSettings given = raw();
    given.database_url = url;
    EXPECT_FALSE(validate(given, "").embedded_database()) << url;
  }
}

TEST(Settings, NeverRepeatADatabaseUrlInAnError) {
  RawSettings given = raw();
  given.database_url = "http://user:hunter22@host/";
  try {
    validate(given, "");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()).find("hunter22"), std::string::npos);
  }
}

TEST(Addresses, ListenAddressesAreLiteral) {
  EXPECT_EQ(parse_listen_address(":80", "--listen"), (ListenAddress{"0.0.0.0", 80}));
  EXPECT_EQ(parse_listen_address("localhost:80", "--listen"), (ListenAddress{"127.0.0.1", 80}));
  EXPECT_EQ(parse_listen_address("[::1]:80", "--listen"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(to_string(ListenAddress{"::1", 80}), "[::1]:80");
}

TEST(Addresses, SubnetsOverlapWhenOneHoldsTheOther) {
  const auto wide = *parse_subnet("10.0.0.0/8");
  const auto narrow = *parse_subnet("10.213.0.0/16");
  const auto other = *parse_subnet("192.168.0.0/16");
  EXPECT_TRUE(wide.overlaps(narrow));
  EXPECT_TRUE(narrow.overlaps(wide));
  EXPECT_FALSE(narrow.overlaps(other));
  EXPECT_TRUE(parse_subnet("0.0.0.0/0")->overlaps(other));
}

TEST(Settings, OnASwarmAgentsFindTheApiWhereItListensForThem) {
  RawSettings given = raw();
  given.engine_kind = "swarm";
  given.agent_listen = "0.0.0.0:3100";
  EXPECT_EQ(swarm_settings(validate(given, ""), "1a2b3c4d").api_target, "api:3100");
  given.agents_api = "mosaic_api:18080";
  EXPECT_EQ(swarm_settings(validate(given, ""), "1a2b3c4d").api_target, "mosaic_api:18080");
}

TEST(Settings, OnASwarmAgentsReachOutOnlyWhereTheyMay) {
  RawSettings given = raw();
  given.engine_kind = "swarm";
  EXPECT_TRUE(swarm_settings(validate(given, ""), "1a2b3c4d").agents_reach_out);
  given.agent_egress = "none";
  given.firewall = "required";
  EXPECT_FALSE(swarm_settings(validate(given, ""), "1a2b3c4d").agents_reach_out);
  EXPECT_EQ(swarm_settings(validate(given, ""), "1a2b3c4d").engine.dns_servers,
            std::vector<std::string>{no_resolver});
}

TEST(Settings, WithoutEgressAgentsAskNoResolver) {
  RawSettings given = raw();
  EXPECT_TRUE(docker_settings(validate(given, ""), "1a2b3c4d").dns_servers.empty());
  given.agent_egress = "none";
  EXPECT_EQ(docker_settings(validate(given, ""), "1a2b3c4d").dns_servers,
            std::vector<std::string>{no_resolver});
}

TEST(Settings, TheEgressProxyIsToldToAgentsWithACredentialOfTheirOwn) {
  RawSettings given = raw();
  EXPECT_EQ(docker_settings(validate(given, ""), "1a2b3c4d").proxy_port, 0);
  given.agent_egress = "proxy";
  const auto docker = docker_settings(validate(given, ""), "1a2b3c4d");
  EXPECT_EQ(docker.proxy_port, 18081);
  EXPECT_EQ(docker.dns_servers, std::vector<std::string>{no_resolver});
  const ResourceKey agent(ResourceKind::user_container, "c1");
  EXPECT_EQ(docker.proxy_credential(agent, "token"), "user.YzE:" + egress_secret("token"));
  given.egress_listen = given.agent_listen;
  EXPECT_THROW(validate(given, ""), UsageError);
}

class SecretVariable : public testing::Test {
 protected:
  std::string secret() const {
    return secret_variable(
        [this](const char* name) {
          const auto found = variables.find(name);
          return found == variables.end() ? std::string() : found->second;
        },
        "MOSAIC_SECRET_KEY");
  }
  std::string write(const std::string& text) const {
    const auto file = folder.path() / "key";
    std::ofstream(file) << text;
    return file.string();
  }
  std::string refusal() const {
    try {
      return "taken: " + secret();
    } catch (const CommandError& error) {
      return error.what();
    }
  }

  std::map<std::string, std::string> variables;
  TemporaryFolder folder;
};

TEST_F(SecretVariable, MayBeAFileAsASwarmOrAClusterHandsItOver) {
  EXPECT_EQ(secret(), "");
  variables["MOSAIC_SECRET_KEY"] = "of the environment";
  EXPECT_EQ(secret(), "of the environment");
  variables = {{"MOSAIC_SECRET_KEY_FILE", write("of a file\n")}};
  EXPECT_EQ(secret(), "of a file");
}

TEST_F(SecretVariable, IsRefusedWhenItIsSaidTwiceOrItsFileSaysNothing) {
  variables = {{"MOSAIC_SECRET_KEY", "a"}, {"MOSAIC_SECRET_KEY_FILE", write("b")}};
  EXPECT_NE(refusal().find("both set"), std::string::npos) << refusal();
  variables = {{"MOSAIC_SECRET_KEY_FILE", write("")}};
  EXPECT_NE(refusal().find(folder.path().string()), std::string::npos) << refusal();
  variables = {{"MOSAIC_SECRET_KEY_FILE", (folder.path() / "missing").string()}};
  EXPECT_NE(refusal().find("missing"), std::string::npos) << refusal();
  variables = {{"MOSAIC_SECRET_KEY_FILE", "-"}};
  EXPECT_NE(refusal().find("no absolute path"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace mosaic::cli
