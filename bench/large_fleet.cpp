#include "bench/large_fleet.hpp"

#include <stdexcept>

#include "model/fleet_settings.hpp"
#include "reconcilers/fingerprints.hpp"

namespace mosaic::bench {
namespace {

constexpr Duration setup_lease = std::chrono::minutes(1);

// Two conditions as the planner writes them for an agent that went to sleep by idling.
constexpr const char* asleep_conditions = R"([
  {"type": "Ready", "status": "no", "reason": "Idle", "message": "asleep since it was idle; the next request wakes it",
   "lastTransition": "2026-01-31T12:34:56.789Z"},
  {"type": "Sleep", "status": "yes", "reason": "Stopped", "message": "idle agents are stopped",
   "lastTransition": "2026-01-31T12:34:56.789Z"}])";

std::string awake_id(int number) {
  return "cmb3x1y2z" + std::to_string(1'000'000 + number) + "abcdefgh";
}

void make_ready(AgentRow& row, const ObservedAgent& observed, const std::string& config_hash,
                TimePoint now) {
  const ContainerView& container = *observed.container;
  AgentStatus& status = row.status;
  status.phase = Phase::running;
  status.container_id = container.id;
  status.endpoint = container.endpoint;
  status.observed_generation = row.generation;
  status.config_hash = config_hash;
  status.asleep_since.reset();
  status.started_at = container.started_at;
  status.ready_at = container.started_at;
  set_condition(status, std::string(condition::ready), ConditionStatus::yes, "Ready",
                "the gateway answers", now);
}

void wake_one(PostgresStore& store, FakeEngine& engine, const Fingerprints& fingerprints,
              const ResourceKey& key, Term term, TimePoint now) {
  auto row = store.find_agent(key);
  if (!row) throw std::logic_error("the row " + to_string(key) + " was not inserted");
  const FleetSettings settings;
  const auto wanted = fingerprints.of(*row, store.find_config_source(key), settings,
                                      engine.template_fingerprint(), false);
  if (!wanted.fingerprints.problem.empty()) throw std::logic_error(wanted.fingerprints.problem);
  const AgentIdentity& identity = wanted.spec.identity;
  engine.ensure_volumes(identity);
  engine.ensure_network(identity);
  engine.create_container(wanted.spec);
  engine.start(engine.observe(identity, wanted.spec.image).container.value().id);
  make_ready(*row, engine.observe(identity, wanted.spec.image), wanted.fingerprints.config, now);
  if (!store.write_status(key, row->status, term))
    throw std::logic_error("the set-up lost its lease");
}

}  // namespace

void insert_large_fleet(BenchDatabase& database, const SecretBox& box, LargeFleetSize size) {
  database.sql(R"(INSERT INTO "UserContainer"
      ("id", "userId", "containerName", "gatewayToken", "updatedAt", "lastActiveAt", "idleTimeoutMin", "phase", "status",
       "observedGeneration", "conditions", "asleepSince", "lastExitAt", "startDurationMs")
    SELECT 'cmb3x1y2z' || (1000000 + n) || 'abcdefgh', 'user-' || n || '-of-a-usual-length', 'openclaw-user-' || n, $1,
           now(), CASE WHEN n <= $2 THEN now() ELSE now() - interval '2 days' END, CASE WHEN n <= $2 THEN 1440 ELSE 30 END,
           'stopped', 'stopped', 1, $3::jsonb, now() - interval '47 hours', now() - interval '47 hours', 9400
    FROM generate_series(1, $4) AS n)",
               box.encrypt(std::string(64, 'e')), size.awake, asleep_conditions, size.rows);
  database.sql(
      R"(INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "models",
                    "updatedAt")
    SELECT 'provider-' || n, 'user-' || n || '-of-a-usual-length', 'local', 'Local', 'custom', 'http://198.18.0.1:9/v1',
           $1, '[{"id": "cogito", "name": "Cogito"}]', now()
    FROM generate_series(1, $2) AS n)",
      box.encrypt("sk-0123456789abcdef"), size.awake);
  database.maintain("VACUUM (ANALYZE)");
}

void wake_part_of_fleet(PostgresStore& store, FakeEngine& engine, const SecretBox& box,
                        const Clock& clock, LargeFleetSize size) {
  engine.set_image(FleetSettings{}.image, ImageAvailability::present);
  const Fingerprints fingerprints(box, store.instance_id());
  const std::string holder = "set-up of the benchmark";
  const auto term = store.acquire_lease(holder, setup_lease, {});
  if (!term) throw std::logic_error("the lease of a new database is taken");
  for (int number = 1; number <= size.awake; ++number) {
    wake_one(store, engine, fingerprints,
             ResourceKey(ResourceKind::user_container, awake_id(number)), *term, clock.now());
  }
  store.release_lease(holder, *term);
  engine.forget_calls();
}

}  // namespace mosaic::bench
