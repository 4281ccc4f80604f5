// One installation of the product as users run it: its own database, `mosaic api` and `mosaic controller` as processes,
// the sandbox's engine behind a proxy that takes the times. The benchmark is a client of the tables, nothing else.
//
// Used from one thread. The destructor removes everything it made, on the engine too.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/bare_container.hpp"
#include "bench/database.hpp"
#include "bench/engine_proxy.hpp"
#include "bench/status_watch.hpp"
#include "secrets/secret_box.hpp"
#include "test/e2e/child_process.hpp"

namespace mosaic::bench {

// One wake; all in milliseconds since COMMIT of the touch was acknowledged.
struct WakeSeen {
  double commit_took_ms = 0;  // before that: the database's own affair
  double first_call_ms = 0;
  int calls_before_start = 0;
  std::optional<double> started_ms;     // the call that starts or thaws it was sent …
  std::optional<double> start_done_ms;  // … and answered
  double ready_ms = 0;                  // a client of the tables has read that it is ready
};

class Installation {
 public:
  // `with_swap`: hibernation is allowed from the beginning, so that containers are made for it.
  Installation(const std::filesystem::path& folder, bool with_swap);
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  BareEngine& engine() { return engine_; }
  EngineProxy& proxy() { return proxy_; }
  BenchDatabase& database() { return database_; }

  // A user agent that has never been used.
  void insert_agent(const std::string& id, const std::string& image, int memory_mb);
  static std::string container_name(const std::string& id) { return "bench-" + id; }
  void set_setting(const std::string& key, const std::string& value);

  // Says that the user is there, and waits until the row says that the agent is ready.
  WakeSeen wake(const std::string& id, std::chrono::seconds limit);
  // Asks for a stop, and leaves the row as one that sleeps by idling.
  void put_to_stop(const std::string& id);
  // Lets it idle out, and waits until it sleeps as deep as `phase`.
  void put_to_sleep(const std::string& id, const std::string& phase);
  // A change of the spec that needs no action, from COMMIT acknowledged to the first engine call about this agent.
  double change_to_first_call_ms(const std::string& id, int number);

  // The end of the controller's log and the row's own words, for when something did not happen.
  std::string story(const std::string& id);

 private:
  void start_processes(const std::filesystem::path& folder);
  // Runs the UPDATE and returns when its COMMIT was sent and acknowledged.
  std::pair<Steady::time_point, Steady::time_point> update(const std::string& id,
                                                           const std::string& assignments);
  // Of those about this agent, in order; what was asked before `since` has another reason.
  std::vector<EngineCallSeen> calls_about(const std::string& id, Steady::time_point since);

  BenchDatabase database_;
  const std::string secret_key_ = "a secret of the benchmarks, which is long enough";
  const SecretBox box_{secret_key_};
  EngineProxy proxy_;
  BareEngine engine_;
  StatusWatch status_;
  std::string instance_;
  std::filesystem::path controller_log_;
  std::optional<e2e::ChildProcess> api_;
  std::optional<e2e::ChildProcess> controller_;
};

}  // namespace mosaic::bench
