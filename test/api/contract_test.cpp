// The contract says what the server does, and nothing else: every route is documented and every documented route exists.
#include "api/contract.hpp"

#include <yaml-cpp/yaml.h>

#include "api/handlers/agent_config_handler.hpp"
#include "api/handlers/health_handler.hpp"
#include "api/people_api.hpp"
#include "telemetry/metrics.hpp"
#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

class Contract : public ManagementHouse {
 protected:
  Contract() {
    Router everything;
    add_health_routes(everything, {}, [] { return std::string(); });
    agent_config.add_routes(everything);
    people.add_routes(everything);
    for (const auto& route : everything.routes()) {
      std::string path;
      for (const auto& segment : route.segments) path += "/" + segment;
      served.insert(lower_case(route.method) + " " + path);
    }
    for (const auto& path : YAML::Load(std::string(contract_yaml()))["paths"]) {
      for (const auto& operation : path.second)
        documented.insert(operation.first.as<std::string>() + " " + path.first.as<std::string>());
    }
  }

  Metrics metrics{BuildInfo{"1", "test"}};
  AgentConfigHandler agent_config{rows, settings, box, Logger::silent()};
  PeopleApi people{PeopleDependencies{clock,
                                      rows,
                                      rows,
                                      rows,
                                      accounts,
                                      settings,
                                      questions,
                                      box,
                                      passwords,
                                      {},
                                      {},
                                      {},
                                      [](std::string_view) {},
                                      metrics.chat(),
                                      Logger::silent()}};
  std::set<std::string> served;
  std::set<std::string> documented;
};

TEST_F(Contract, DocumentsEveryRouteAndNoOther) {
  EXPECT_GT(served.size(), 50U);
  for (const auto& route : served)
    EXPECT_TRUE(documented.contains(route)) << "undocumented: " << route;
  for (const auto& route : documented)
    EXPECT_TRUE(served.contains(route)) << "not served: " << route;
}

TEST_F(Contract, SaysOfEveryOperationWhoMayUseIt) {
  const std::set<std::string> known{"anonymous", "set-up", "signed-in", "session",
                                    "admin",     "agent",  "network"};
  std::set<std::string> ids;
  for (const auto& path : YAML::Load(std::string(contract_yaml()))["paths"]) {
    for (const auto& operation : path.second) {
      const auto where = operation.first.as<std::string>() + " " + path.first.as<std::string>();
      ASSERT_TRUE(operation.second["x-access"]) << where;
      const auto access = operation.second["x-access"].as<std::string>();
      EXPECT_TRUE(known.contains(access)) << where;
      const bool by_token = access == "signed-in" || access == "admin";
      EXPECT_EQ(by_token, operation.second["x-scope"].IsDefined()) << where;
      EXPECT_TRUE(ids.insert(operation.second["operationId"].as<std::string>()).second) << where;
    }
  }
}

}  // namespace
}  // namespace mosaic::test
