#include "cli/fleet_process.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "cli/doctor/host_checks.hpp"
#include "cli/failure.hpp"
#include "cli/key_check.hpp"
#include "cli/open_files.hpp"
#include "cli/outbound_policy.hpp"
#include "cli/product_version.hpp"
#include "cli/secret_key.hpp"
#include "http/socket.hpp"
#include "runtime/probe/http_health_monitor.hpp"
#include "store/key_check_store.hpp"
#include "store/migrator.hpp"

namespace mosaic::cli {
namespace {

constexpr const char* controller_name = "agents";
constexpr const char* lease_name = "mosaic-controller";
// Beside the workers: the lease, the informer, the readiness checks, this thread, and the API's
// handlers.
constexpr int connections_beside_workers = 8;

// Taking down goes on, whatever one part says to it.
template <typename Step>
void attempt(const Logger& log, Step step) {
  try {
    step();
  } catch (const std::exception& error) {
    log.error("shutting down: a part did not end well", {{Field::error, error.what()}});
  }
}

}  // namespace

FleetProcess::FleetProcess(const Settings& settings, FleetRoles roles, const Logger& log)
    : settings_(settings),
      roles_(roles),
      log_(log),
      metrics_(BuildInfo{product_version, product_revision}),
      queue_observer_(metrics_.work_queue(controller_name)),
      reconcile_observer_(metrics_.controller(controller_name), log),
      informer_observer_(clock_, metrics_.observation(), log),
      agent_observer_(metrics_, log),
      attention_(clock_, log),
      leader_gauge_(metrics_.leader(lease_name)) {}

FleetProcess::~FleetProcess() { stop(); }

void FleetProcess::start() {
  open_key();
  open_database();
  store_ = std::make_unique<PostgresStore>(*database_);
  if (api_database_) api_store_ = std::make_unique<PostgresStore>(*api_database_);
  rows_ = std::make_unique<PostgresSettingsStore>(api_database());
  KeyCheckStore key_check(*database_);
  require_matching_key(key_check, *box_);
  if (roles_.controller) {
    build_engine();
    build_loop();
  }
  build_api();
  build_agents_api();
  build_egress_proxy();
  // The addresses come first: who cannot have them must not have touched an agent.
  api_->start();
  if (agents_api_) agents_api_->start();
  if (egress_proxy_) egress_proxy_->start();
  // Only now: who cannot even listen is to hear of nothing else.
  tell_of_fewer_connections(open_file_limit(), wanted_connections_, log_.with_component("api"));
  if (web_pages_)
    log_.info("serves the web pages", {{Field::file, settings_.web_folder->string()}});
  tell_api_role();
  if (people_) people_->start();
  if (!loop_) return;
  loop_->start();
  listener_->start();
  answers_->start();
}

// Before the database: a missing or short key must not leave a database behind.
void FleetProcess::open_key() {
  const bool fresh = roles_.own_database && settings_.embedded_database() &&
                     !EmbeddedPostgres::exists(settings_.data_dir);
  if (fresh) EmbeddedPostgres::prepare_data_dir(settings_.data_dir);
  box_.reset(
      new SecretBox(open_secret_box(settings_, fresh ? MissingKey::generate : MissingKey::refuse)));
}

void FleetProcess::open_database() {
  if (settings_.embedded_database()) {
    if (!roles_.own_database) {
      throw CommandError(
          "DATABASE_URL is not set; give the database that mosaic controller and mosaic api share, "
          "or "
          "run mosaic up, which has one of its own");
    }
    postgres_ = std::make_unique<EmbeddedPostgres>(settings_.data_dir);
    const auto how = postgres_->start();
    log_.info("the embedded Postgres runs",
              {{Field::state, how == EmbeddedPostgres::Start::adopted ? "adopted" : "started"},
               {Field::file, settings_.data_dir.string()}});
    database_url_ = postgres_->connection_string();
  } else {
    database_url_ = settings_.database_url;
  }
  bring_schema_forward();
  if (roles_.people_api) find_api_role();
  const auto opened = [this](DatabaseOptions options) {
    options.on_acquired = [metrics = metrics_.database()](auto waited) {
      metrics.pool_wait_seconds.Observe(in_seconds(waited));
    };
    return std::make_unique<Database>(options);
  };
  const bool apart = roles_.controller && api_role_ && api_role_->in_force;
  database_ = opened(roles_.controller ? database_options() : api_database_options());
  if (apart) api_database_ = opened(api_database_options());
}

void FleetProcess::bring_schema_forward() {
  if (!roles_.migrates) return Migrator(database_options()).check();
  const MigrationReport report = Migrator(database_options()).migrate();
  for (const auto& name : report.applied)
    log_.info("applied a migration", {{Field::migration, name}});
}

// Whoever brings the schema forward makes the role as well; the others take what is there.
void FleetProcess::find_api_role() {
  ApiRole role(database_options());
  api_role_ = roles_.migrates ? role.establish() : role.inspect();
}

void FleetProcess::tell_api_role() {
  if (!api_role_) return;
  if (api_role_->in_force) {
    log_.info("the API acts in the database as a role of its own",
              {{Field::name, api_role_->name},
               {Field::state, api_role_->confined ? "confined" : "may be left"}});
  } else {
    log_.warning("the API acts in the database with all rights of its login",
                 {{Field::reason, api_role_->hindrance}, {Field::action, api_role_->remedy}});
  }
}

DatabaseOptions FleetProcess::database_options() const {
  DatabaseOptions options;
  options.url = database_url_;
  options.connections = (roles_.controller ? settings_.workers : 0) + connections_beside_workers;
  if (box_->has_two_keys()) options.application_name = application_with_two_keys;
  return options;
}

DatabaseOptions FleetProcess::api_database_options() const {
  DatabaseOptions options = database_options();
  options.connections = connections_beside_workers;
  return api_role_ ? acting_as(*api_role_, options) : options;
}

void FleetProcess::build_engine() {
  engine_ = std::make_unique<EngineParts>(settings_, store_->instance_id(), clock_, metrics_, log_);
  if (settings_.engine_kind == EngineKind::swarm &&
      !is_on_fleet_network(settings_, host_routes())) {
    log_.warning(beside_the_fleet, {{Field::name, settings_.fleet_network},
                                    {Field::action, "run it as manifests/swarm-stack.yml does"}});
  }
}

void FleetProcess::build_loop() {
  ControlLoopSettings loop;
  loop.workers = settings_.workers;
  loop.start_concurrency = settings_.start_concurrency;
  loop.holder = this_process_as_holder();
  loop.lease = LeaseSettings::lasting(settings_.lease);
  if (!settings_.agent_image.empty()) {
    loop.override_settings = [image = settings_.agent_image](FleetSettings& fleet) {
      fleet.image = image;
    };
  }
  const Logger log = log_.with_component("controller");
  ControlLoopObservers observers{
      .controller = reconcile_observer_,
      .informer = informer_observer_,
      .agents = agent_observer_,
      .queue = &queue_observer_,
      .became_leader =
          [this, log](Term term) {
            leader_gauge_.Set(1);
            log.info("leads", {{Field::term, term}});
          },
      .lost_leadership =
          [this, log] {
            leader_gauge_.Set(0);
            log.info("does not lead any more");
          },
      .report = [this](const std::string& line) { attention_.report(line); },
  };
  const auto make_health_monitor = [this](HealthListener& listener) {
    return std::make_unique<HttpHealthMonitor>(clock_, listener);
  };
  loop_ = std::make_unique<ControlLoop>(clock_, *store_, engine_->driver(), *box_,
                                        make_health_monitor, std::move(loop), std::move(observers));
  ListenerHooks hooks;
  hooks.on_lost = [this, log](const std::string& reason) {
    metrics_.observation().notify_reconnects.Increment();
    log.warning("lost the database's notifications; connecting anew", {{Field::error, reason}});
  };
  listener_ =
      std::make_unique<PostgresListener>(database_options(), loop_->change_listener(), hooks);
  questions_ = std::make_unique<PostgresQuestionStore>(*database_);
  answers_ = std::make_unique<EngineAnswers>(
      clock_, *questions_, engine_->insight(), loop_->leadership(), *box_,
      [this](const std::string& line) { attention_.report(line); });
  census_ = std::make_unique<FleetCensus>(clock_, *store_, *store_, *store_, metrics_);
  metrics_.controller(controller_name).max_concurrent_reconciles.Set(settings_.workers);
  refresher_ = metrics_.before_render([this] { refresh_gauges(); });
}

void FleetProcess::refresh_gauges() {
  const WorkQueueMetrics queue = metrics_.work_queue(controller_name);
  const auto [longest, sum] = loop_->queue().unfinished_work();
  queue.longest_running_processor_seconds.Set(in_seconds(longest));
  queue.unfinished_work_seconds.Set(in_seconds(sum));
  const DriverVitals engine = engine_->vitals();
  const ObservationMetrics observation = metrics_.observation();
  if (engine.last_event_at)
    observation.last_event_age_seconds.Set(in_seconds(clock_.now() - *engine.last_event_at));
  observation.events_discarded.Increment(static_cast<double>(
      engine.events_discarded - events_discarded_.exchange(engine.events_discarded)));
  const NetworkRoom room = engine.network_room.value_or(NetworkRoom{});
  observation.network_capacity.Set(static_cast<double>(room.capacity));
  observation.networks_taken.Set(static_cast<double>(room.taken));
  metrics_.engine(settings_.engine.url).breaker_state.Set(engine.breaker_open ? 2 : 0);
}

void FleetProcess::build_api() {
  ApiSettings api;
  api.listeners.clear();
  ApiListener operators;
  operators.address = settings_.listen.host;
  operators.port = settings_.listen.port;
  operators.serves_agents = false;
  operators.serves_people = roles_.people_api;
  // An agent is nobody's proxy, also where its network lies within a range that was named.
  const auto agent_range = AddressRange::parse(to_string(settings_.agent_subnets));
  operators.trusted_proxies = TrustedProxies(settings_.trusted_proxies, {agent_range.value()});
  api.listeners.push_back(operators);
  if (roles_.people_api) {
    wanted_connections_ = api.limits.connections;
    api.limits.connections = connections_within(open_file_limit(), wanted_connections_);
    people_ = std::make_unique<PeopleService>(
        PeopleServiceNeeds{settings_, api_database_options(), clock_, api_database(), api_store(),
                           *rows_, *box_, metrics_, log_.with_component("people")});
  }
  read_web_pages();
  ApiDependencies dependencies{api_store(),
                               *rows_,
                               *box_,
                               readiness_checks(),
                               [this] { return metrics_.render(); },
                               log_.with_component("api"),
                               people_ ? &people_->api() : nullptr,
                               web_pages_ ? &*web_pages_ : nullptr};
  api_ = std::make_unique<ApiServer>(api, std::move(dependencies));
}

// A server of its own: what agents ask, and wait for, takes neither threads nor connections from people.
void FleetProcess::build_agents_api() {
  if (!roles_.agents_api) return;
  ApiSettings api;
  auto& agents = api.listeners.front();
  agents.address = settings_.agent_listen.host;
  agents.port = settings_.agent_listen.port;
  agents.serves_operators = false;
  agents.allowed_peers = {to_string(settings_.agent_subnets)};
  // As for the egress proxy: of each agent's call there are two connections, and both may have as many.
  api.limits.connections = std::min<std::uint64_t>(4096, open_file_limit() / 8);
  api.limits.connections_per_address = 128;
  api.limits.io_threads = 1;
  api.limits.workers = 16;
  api.limits.queued_requests = 1024;
  const Logger log = log_.with_component("agents-api");
  egress_refusals_ = std::make_unique<PostgresEgressRefusalLog>(api_database());
  provider_proxy_ = std::make_unique<ProviderProxy>(ProviderProxyNeeds{
      EgressDeskNeeds{api_store(), *rows_, *box_, egress_policy(settings_, database_url_),
                      resolve_addresses, log},
      clock_, *egress_refusals_,
      [this](ProviderOutcome outcome) { metrics_.provider_calls(to_string(outcome)).Increment(); },
      metrics_.open_provider_calls()});
  ApiDependencies dependencies{api_store(), *rows_, *box_, {}, {}, log};
  dependencies.provider_proxy = provider_proxy_.get();
  agents_api_ = std::make_unique<ApiServer>(api, std::move(dependencies));
}

void FleetProcess::build_egress_proxy() {
  if (!roles_.agents_api || settings_.agent_egress != EgressPolicy::proxy) return;
  const auto agents = AddressRange::parse(to_string(settings_.agent_subnets));
  EgressProxySettings egress;
  egress.address = settings_.egress_listen.host;
  egress.port = settings_.egress_listen.port;
  egress.peers = {agents.value()};
  // People come first: agents get no more than a quarter of the open files, two for each connection.
  egress.connections = std::min<std::uint64_t>(egress.connections, open_file_limit() / 8);
  const Logger log = log_.with_component("egress");
  egress_proxy_ = std::make_unique<EgressProxy>(
      egress, EgressProxyNeeds{EgressDeskNeeds{api_store(), *rows_, *box_,
                                               egress_policy(settings_, database_url_),
                                               resolve_addresses, log, settings_.agent_listen.port},
                               clock_, *egress_refusals_,
                               [this](EgressOutcome outcome) {
                                 metrics_.egress_requests(to_string(outcome)).Increment();
                               },
                               metrics_.egress_traffic(), agents_api_->make_router(0)});
}

void FleetProcess::read_web_pages() {
  if (!roles_.people_api) return;
  if (!settings_.web_folder) {
    log_.warning(
        "no web pages are served; build them with ./dev build, or give their folder with --web");
    return;
  }
  try {
    web_pages_ = WebPages::read(*settings_.web_folder);
  } catch (const std::runtime_error& error) {
    throw CommandError(std::string("the web pages: ") + error.what() + " (see --web)");
  }
}

std::vector<HealthCheck> FleetProcess::readiness_checks() {
  std::vector<HealthCheck> checks;
  checks.push_back({"running", [this]() -> std::optional<std::string> {
                      if (stopping_) return "shutting down";
                      return std::nullopt;
                    }});
  checks.push_back({"database", [this]() -> std::optional<std::string> {
                      try {
                        database_->ping();
                        return std::nullopt;
                      } catch (const StoreError& error) {
                        return error.what();
                      }
                    }});
  if (!roles_.controller) return checks;
  checks.push_back({"engine", [this] { return engine_problem(); }});
  checks.push_back({"leadership", [this] { return leadership_problem(); }});
  return checks;
}

std::optional<std::string> FleetProcess::engine_problem() {
  try {
    engine_->driver().info();
    return std::nullopt;
  } catch (const EngineError& error) {
    return error.what();
  }
}

// Leading is well, and so is standing by while another leads.
std::optional<std::string> FleetProcess::leadership_problem() {
  if (leads()) return std::nullopt;
  try {
    const LeaseView lease = store_->lease();
    const bool held = !lease.holder.empty() && lease.expires_at && *lease.expires_at > clock_.now();
    return held ? std::nullopt : std::optional<std::string>("no controller leads");
  } catch (const StoreError& error) {
    return error.what();
  }
}

void FleetProcess::look_after() {
  if (postgres_ && postgres_->restart_if_ended())
    log_.warning("the embedded Postgres had ended; it runs again");
  try {
    if (box_->has_two_keys()) box_->follow(KeyCheckStore(*database_).stored_keys());
    if (people_) people_->look_after();
    if (egress_proxy_) egress_proxy_->look_after();
    if (provider_proxy_) provider_proxy_->look_after();
    if (census_) census_->run(leads());
  } catch (const StoreError& error) {
    // The next second tries again; what matters is told by the parts that need the database.
    log_.debug("cannot look after the rows", {{Field::error, error.what()}});
  }
}

void FleetProcess::stop() {
  if (std::exchange(stopped_, true)) return;
  stopping_ = true;
  if (listener_) attempt(log_, [this] { listener_->stop(); });
  if (loop_) attempt(log_, [this] { loop_->stop(); });
  // After the lease is given back: an engine that does not answer keeps no successor waiting for it.
  if (answers_) attempt(log_, [this] { answers_->stop(); });
  if (api_) attempt(log_, [this] { api_->stop(); });
  if (people_) attempt(log_, [this] { people_->stop(); });
  // After the chats that end with the API: their agents ask their models through these. Until here agents that were just
  // being started could still fetch their configuration.
  if (agents_api_) attempt(log_, [this] { agents_api_->stop(); });
  if (egress_proxy_) attempt(log_, [this] { egress_proxy_->stop(); });
  egress_proxy_.reset();
  agents_api_.reset();
  provider_proxy_.reset();
  api_.reset();
  people_.reset();
  refresher_ = {};
  answers_.reset();
  listener_.reset();
  loop_.reset();
  engine_.reset();
  questions_.reset();
  database_.reset();
  if (postgres_) attempt(log_, [this] { postgres_->stop(); });
}

std::uint16_t FleetProcess::listen_port() const { return api_->ports().front(); }

bool FleetProcess::leads() const { return loop_ && loop_->leadership().term().has_value(); }

std::optional<std::string> FleetProcess::new_set_up_token() {
  return people_ ? people_->new_set_up_token() : std::nullopt;
}

bool FleetProcess::set_up_completed() { return !people_ || people_->set_up_completed(); }

std::string FleetProcess::database_description() const {
  return settings_.embedded_database() ? "embedded Postgres, in " + settings_.data_dir.string()
                                       : "DATABASE_URL";
}

}  // namespace mosaic::cli
