// One installation of the product for one test: its own database, secret key, ports and range of subnets, with the real
// `mosaic` as API and controller beside it. Rows are written as any client of the tables would write them.
//
// Used from the test's main thread. The destructor removes everything it made, on the engine too.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "secrets/secret_box.hpp"
#include "test/e2e/child_process.hpp"
#include "test/e2e/database.hpp"
#include "test/e2e/engine.hpp"
#include "test/e2e/eventually.hpp"

namespace mosaic::e2e {

struct FleetOptions {
  std::string agent_image;                        // empty: the instant image
  std::string database_server;                    // empty: the one of the sandbox
  std::string engine;                             // empty: the one of the sandbox
  std::vector<std::string> controller_arguments;  // of every controller
  std::string subnets;                            // empty: a /22 that no other test uses
  std::vector<std::string> egress;                // what agents may reach
  bool egress_proxy = false;                      // … through the egress proxy only
  // A command that runs the API and every controller elsewhere; then they listen on all addresses there, and people
  // reach the API at `api_host`, under `api_port`.
  std::vector<std::string> within;
  std::string api_host = "127.0.0.1";
  int api_port = 0;  // 0: any free one
};

// Where a controller runs, and through what it reaches the rest. Empty addresses: straight.
struct ControllerPlace {
  std::string database;
  std::string engine;
  // In a process id namespace of its own: nobody outside can tell whether it lives. Its ChildProcess is one that waits
  // for it and takes it along when it is killed.
  bool on_another_machine = false;
};

// The status side of a row.
struct SeenAgent {
  std::string phase;
  std::string status;
  std::string endpoint;
  std::string container;
  std::string reason;  // of the Ready condition
  std::string message;
  std::string last_error;
  int restart_count = 0;
  std::string next_retry_at;
  std::string ready_at;
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options = {});
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  TestDatabase& database() { return database_; }
  Engine& engine() { return engine_; }
  const std::string& instance() const { return instance_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::string& subnets() const { return subnets_; }
  std::string agent_api() const;  // the port part of where agents fetch their configuration
  int egress_port() const { return egress_port_; }

  // `mosaic ARGUMENTS…` in this installation.
  Command mosaic(std::vector<std::string> arguments) const;
  Finished run_mosaic(std::vector<std::string> arguments) const;
  void start_api();
  void start_controller(std::vector<std::string> more = {});
  ChildProcess& controller() { return *controller_; }
  ChildProcess& api() { return *api_; }
  std::string api_url() const;
  std::string controller_url() const;  // of the one that start_controller() started last
  // By force; afterwards nobody but the test changes anything on the engine.
  void end_processes();
  // A second one; the caller keeps it.
  ChildProcess another_controller(const std::string& name, const ControllerPlace& place = {});
  // Where start_controller() starts from now on.
  void place_controller(ControllerPlace place) { place_ = std::move(place); }

  // Rows with the seed's columns and nothing else. Each user gets a provider.
  void insert_user(const std::string& id, const std::string& owner, int idle_timeout_min = 30);
  void insert_system(const std::string& id, const std::string& name);
  void insert_provider(const std::string& owner, const std::string& base_url,
                       const std::string& key);
  void touch(const std::string& id);  // the user is there: lastActiveAt = now
  void set_user(const std::string& id,
                const std::string& assignments);  // UPDATE "UserContainer" SET …
  void set_setting(const std::string& key, const std::string& value);
  std::string encrypt(const std::string& text) const { return box_.encrypt(text); }

  std::optional<SeenAgent> look(const std::string& id);
  std::vector<SeenContainer> containers_of(const std::string& id);
  bool has_event(const std::string& id, const std::string& reason);
  std::string lease_holder();

  testing::AssertionResult becomes(const std::string& id, const std::string& phase,
                                   std::chrono::milliseconds limit = std::chrono::seconds(30));
  testing::AssertionResult is_gone(const std::string& id,
                                   std::chrono::milliseconds limit = std::chrono::seconds(30));
  testing::AssertionResult leads(std::chrono::milliseconds limit = std::chrono::seconds(20));

  // What a person needs to see when a test failed: the last events and the end of the controller's log.
  std::string story();

 private:
  std::vector<std::string> process_arguments(const std::string& command, int listen_port) const;
  Command elsewhere(Command command) const;
  Command controller_at(const ControllerPlace& place, int listen_port,
                        const std::vector<std::string>& more) const;

  const FleetOptions options_;
  TestDatabase database_;
  Engine engine_;
  const std::string secret_key_;
  const SecretBox box_;
  std::filesystem::path folder_;
  int agent_port_;
  int egress_port_;
  int api_port_;
  std::string subnets_;
  std::string instance_;
  ControllerPlace place_;
  int controller_port_ = 0;
  std::optional<ChildProcess> api_;
  std::optional<ChildProcess> controller_;
};

int free_port();
// The program under test: $MOSAIC_BINARY, else the one of this build.
std::string mosaic_binary();

// A running installation per test, and its story when the test fails.
class FleetTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Fleet fleet;
};

}  // namespace mosaic::e2e
