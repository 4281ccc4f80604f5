// Everything that one process of the fleet runs, built in order and taken down in reverse:
// database, schema, key, store, engine, loop, API. `mosaic up` has all of it, `mosaic controller`
// and `mosaic api` their part.
//
// Used from the main thread. Errors of start(): CommandError, StoreError, SecretKeyError, each one
// line that says what to do; whatever was started is stopped again by the destructor.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api_server.hpp"
#include "api/egress/egress_proxy.hpp"
#include "cli/engine_parts.hpp"
#include "cli/fleet_census.hpp"
#include "cli/observers/agent_observer.hpp"
#include "cli/observers/attention_log.hpp"
#include "cli/observers/informer_observer.hpp"
#include "cli/observers/queue_observer.hpp"
#include "cli/observers/reconcile_observer.hpp"
#include "cli/people_service.hpp"
#include "cli/postgres/embedded_postgres.hpp"
#include "cli/settings.hpp"
#include "model/clock.hpp"
#include "reconcilers/control_loop.hpp"
#include "reconcilers/engine_answers.hpp"
#include "secrets/secret_box.hpp"
#include "store/api_role.hpp"
#include "store/database.hpp"
#include "store/postgres_egress_refusal_log.hpp"
#include "store/postgres_listener.hpp"
#include "store/postgres_question_store.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/postgres_store.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

struct FleetRoles {
  bool controller = true;     // reconciles
  bool agents_api = true;     // serves agents their configuration
  bool people_api = true;     // serves people and their programs
  bool own_database = false;  // may run the embedded Postgres and make its key
  bool migrates = false;      // brings the schema up to date; otherwise it must be
};

class FleetProcess {
 public:
  FleetProcess(const Settings& settings, FleetRoles roles, const Logger& log);
  ~FleetProcess();
  FleetProcess(const FleetProcess&) = delete;
  FleetProcess& operator=(const FleetProcess&) = delete;

  void start();
  // Once a second, from the main thread: keeps the embedded Postgres running, prunes old events,
  // counts agents, and writes with the key that a rotation goes to.
  void look_after();
  // Takes no more work, ends what is in process (30 s at most), gives the lease back last, then the
  // rest.
  void stop();

  // The port that people are served on, also when any free one was asked for.
  std::uint16_t listen_port() const;
  bool leads() const;
  bool serves_web_pages() const { return web_pages_.has_value(); }
  // To be printed once; nothing unless this is the first start of an installation.
  std::optional<std::string> new_set_up_token();
  // Nobody can sign in until it is.
  bool set_up_completed();
  // Nothing when the engine answers, else why not.
  std::optional<std::string> engine_problem();
  std::string database_description() const;
  // As which role the API acts in the database, or what stands in its way; nothing in a process without one.
  const std::optional<ApiRoleState>& api_role() const { return api_role_; }

 private:
  void open_database();
  void bring_schema_forward();
  void find_api_role();
  void tell_api_role();
  void open_key();
  void build_engine();
  void build_loop();
  void build_api();
  void build_agents_api();
  void build_egress_proxy();
  void read_web_pages();
  std::vector<HealthCheck> readiness_checks();
  std::optional<std::string> leadership_problem();
  void refresh_gauges();
  DatabaseOptions database_options() const;
  DatabaseOptions api_database_options() const;
  // What the API reads and writes with: beside a controller, connections of its own that act as its role.
  Database& api_database() { return api_database_ ? *api_database_ : *database_; }
  Store& api_store() { return api_store_ ? *api_store_ : *store_; }

  const Settings settings_;
  const FleetRoles roles_;
  const Logger log_;
  const SystemClock clock_;
  Metrics metrics_;
  std::atomic<bool> stopping_{false};  // told by /readyz while work in process ends
  bool stopped_ = false;
  std::atomic<std::uint64_t> events_discarded_{0};  // as far as the counter has been told of them

  std::unique_ptr<EmbeddedPostgres> postgres_;
  std::string database_url_;
  std::unique_ptr<SecretBox> box_;
  std::optional<ApiRoleState> api_role_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Database> api_database_;
  std::unique_ptr<PostgresStore> store_;
  std::unique_ptr<PostgresStore> api_store_;
  std::unique_ptr<PostgresSettingsStore> rows_;
  std::unique_ptr<EngineParts> engine_;

  QueueObserver queue_observer_;
  ReconcileObserver reconcile_observer_;
  InformerLog informer_observer_;
  AgentLog agent_observer_;
  AttentionLog attention_;
  prometheus::Gauge& leader_gauge_;

  std::unique_ptr<ControlLoop> loop_;
  std::unique_ptr<PostgresListener> listener_;
  std::unique_ptr<PostgresQuestionStore> questions_;
  std::unique_ptr<EngineAnswers> answers_;
  std::unique_ptr<FleetCensus> census_;
  Metrics::Refresher refresher_;
  std::unique_ptr<PeopleService> people_;
  std::optional<WebPages> web_pages_;
  std::unique_ptr<ApiServer> api_;
  std::size_t wanted_connections_ = 0;  // of people; open files may carry fewer
  std::unique_ptr<PostgresEgressRefusalLog> egress_refusals_;
  std::unique_ptr<ProviderProxy> provider_proxy_;
  std::unique_ptr<ApiServer> agents_api_;
  std::unique_ptr<EgressProxy> egress_proxy_;
};

}  // namespace mosaic::cli
