#include "test/e2e/swarm_fleet.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "http/http_client.hpp"
#include "model/naming.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr const char* fleet_network = "mosaic-fleet";
constexpr const char* fleet_range = "10.213.0.0/16";
constexpr const char* first_node = "198.19.0.1";

std::string sandbox() { return required_environment("MOSAIC_SANDBOX"); }

std::string engine_of(const std::string& node) {
  return "unix://" + sandbox() + "/nodes/" + node + "/docker.sock";
}

// By its socket: from within a node's network the sandbox's own addresses are out of reach.
std::string database_server() {
  return "postgresql://postgres@" + percent_encode(sandbox() + "/postgres/socket") +
         ":5432/postgres";
}

}  // namespace

SwarmFleet::SwarmFleet() : manager_(engine_of("n1")), port_(free_port()) {
  make_house();
  FleetOptions options;
  options.database_server = database_server();
  options.engine = manager_.address();
  options.subnets = fleet_range;
  options.controller_arguments = {"--engine-kind",   "swarm",
                                  "--link-image",    required_environment("MOSAIC_TEST_LINK_IMAGE"),
                                  "--fleet-network", fleet_network};
  options.within = in_house();
  options.api_host = first_node;
  options.api_port = port_;
  fleet_ = std::make_unique<Fleet>(options);
  start_processes();
}

void SwarmFleet::start_processes() {
  fleet_->start_api();
  fleet_->start_controller();
  const Command ready{{"curl", "--silent", "--fail", "--max-time", "5", "--output", "/dev/null",
                       fleet_->api_url() + "/readyz"},
                      {},
                      {}};
  EXPECT_TRUE(eventually(60s, [&] { return run(ready).exit_code == 0; })) << fleet_->story();
  EXPECT_TRUE(fleet_->leads(60s)) << fleet_->story();
}

SwarmFleet::~SwarmFleet() {
  fleet_->end_processes();
  try {
    remove_services();
    fleet_.reset();
    manager_.docker({"rm", "--force", house_});
    manager_.docker({"network", "rm", fleet_network});
    const auto network_is_gone = [&] {
      return manager_
          .docker(
              {"network", "ls", "--quiet", "--filter", "name=^" + std::string(fleet_network) + "$"})
          .empty();
    };
    if (!eventually(60s, network_is_gone)) throw std::runtime_error("the fleet's network stays");
  } catch (const std::exception& error) {
    ADD_FAILURE() << "what the test made on the swarm could not be removed: " << error.what();
  }
}

void SwarmFleet::make_house() {
  manager_.docker({"network", "create", "--driver", "overlay", "--attachable", "--subnet",
                   fleet_range, fleet_network});
  const std::string port = std::to_string(port_);
  house_ = manager_.docker({"run", "--detach", "--network", fleet_network, "--network-alias", "api",
                            "--publish", port + ":" + port, instant_image()});
}

// The node's own processes are in a namespace that its engine counts in; whoever started one takes it along.
std::vector<std::string> SwarmFleet::in_house() {
  const int process = manager_.inspect(house_).at("State").at("Pid");
  return {required_environment("MOSAIC_TEST_SWARM_LAB"),
          "in",
          "n1",
          "--",
          "setpriv",
          "--pdeathsig",
          "KILL",
          "nsenter",
          "--target",
          std::to_string(process),
          "--net",
          "--"};
}

void SwarmFleet::remove_services() {
  const std::string filter = "label=" + std::string(label::instance) + "=" + fleet_->instance();
  std::istringstream ids(manager_.docker({"service", "ls", "--quiet", "--filter", filter}));
  for (std::string id; ids >> id;) manager_.docker({"service", "rm", id});
  // Their tasks end a moment later, and hold the networks until then.
  const bool gone = eventually(60s, [&] {
    for (const char* node : {"n1", "n2", "n3"}) {
      for (const auto& container : Engine(engine_of(node)).containers(fleet_->instance())) {
        if (container.has_process()) return false;
      }
    }
    return true;
  });
  if (!gone) throw std::runtime_error("tasks of removed services do not end");
}

std::string SwarmFleet::insert_person(const std::string& id, const std::string& owner) {
  fleet_->insert_user(id, owner);
  return insert_account(fleet_->database(), owner, "user", "chat read");
}

int SwarmFleet::chat(const std::string& token) {
  const Command command{
      {"curl", "--silent", "--max-time", "120", "--output", "/dev/null", "--write-out",
       "%{http_code}", "--header", "Authorization: Bearer " + token, "--header",
       "Content-Type: application/json", "--data",
       R"({"messages": [{"role": "user", "content": "Hello"}]})",
       fleet_->api_url() + "/v1/chat/completions"},
      {},
      {}};
  const auto asked = run(command, 130s);
  return asked.out.empty() ? 0 : std::stoi(asked.out);
}

testing::AssertionResult SwarmFleet::falls_asleep(const std::string& id,
                                                  std::chrono::milliseconds limit) {
  return eventually_well(limit, [&]() -> std::string {
    fleet_->database().sql(
        R"(UPDATE "UserContainer"
           SET "lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes'
           WHERE "id" = $1 AND "lastActiveAt" > now() AT TIME ZONE 'UTC' - interval '30 minutes')",
        id);
    const auto agent = *fleet_->look(id);
    return agent.phase == "stopped" ? "" : id + " is " + agent.phase + ", " + agent.reason;
  });
}

std::string SwarmFleet::service_of(const std::string& id) { return fleet_->look(id)->container; }

std::string SwarmFleet::node_of(const std::string& id) {
  return manager_.docker({"service", "ps", "--filter", "desired-state=running", "--format",
                          "{{.Node}}", service_of(id)});
}

std::string SwarmFleet::exec(const std::string& id, const std::string& script) {
  Engine node(engine_of(node_of(id)));
  for (const auto& container : node.containers(fleet_->instance())) {
    if (container.row == id && container.role == "agent" && container.has_process())
      return node.docker({"exec", container.id, "/bin/sh", "-c", script});
  }
  throw std::runtime_error("no container of " + id + " on its node");
}

std::string SwarmFleet::read_in_agent(const std::string& id, const std::string& file) {
  return exec(id, "cat " + file);
}

void SwarmFleet::write_in_agent(const std::string& id, const std::string& file,
                                const std::string& text) {
  exec(id, "echo " + text + " >" + file + " && sync");
}

std::filesystem::path SwarmFleet::state_folder(const std::string& node,
                                               const std::string& owner) const {
  const AgentIdentity identity{
      fleet_->instance(), ResourceKey(ResourceKind::user_container, {}), owner, {}};
  return std::filesystem::path(required_environment("MOSAIC_SANDBOX")) / "nodes" / node /
         "docker/volumes" / state_volume_name(identity) / "_data";
}

std::string SwarmFleet::condition(const std::string& id, const std::string& type) {
  return fleet_->database()
      .sql(
          R"(SELECT coalesce(jsonb_path_query_first("conditions", '$[*] ? (@.type == $type)',
               jsonb_build_object('type', $2::text))->>'status', '')
             FROM "UserContainer" WHERE "id" = $1)",
          id, type)[0][0]
      .as<std::string>();
}

void SwarmFleet::lab(const std::string& what) {
  const std::string command = required_environment("MOSAIC_TEST_SWARM_LAB") + " " + what;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace mosaic::e2e
