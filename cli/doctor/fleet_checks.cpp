#include "cli/doctor/fleet_checks.hpp"

#include <unistd.h>

#include <optional>

#include "cli/doctor/host_checks.hpp"
#include "cli/engine_parts.hpp"
#include "cli/failure.hpp"
#include "cli/key_check.hpp"
#include "cli/postgres/embedded_postgres.hpp"
#include "cli/secret_key.hpp"
#include "model/fleet_settings.hpp"
#include "runtime/firewall/engine_locality.hpp"
#include "store/api_role.hpp"
#include "store/key_check_store.hpp"
#include "store/migrator.hpp"
#include "store/postgres_store.hpp"

namespace mosaic::cli {
namespace {

// Without a database: whether mosaic up could make one.
Finding check_embedded_programs(const Settings& settings) {
  if (EmbeddedPostgres::exists(settings.data_dir)) {
    return ok("database", "the embedded Postgres in " + settings.data_dir.string() +
                              " is not running; mosaic up starts it");
  }
  if (const auto binaries = PostgresBinaries::find(std::nullopt)) {
    return ok("database", "none yet; mosaic up makes one with Postgres " +
                              std::to_string(binaries->major_version) + " in " +
                              settings.data_dir.string());
  }
  return fail("database", "DATABASE_URL is not set and there is no Postgres server on this machine",
              "apt-get install --no-install-recommends postgresql, or set DATABASE_URL");
}

std::optional<DatabaseOptions> reachable_database(const Settings& settings,
                                                  std::vector<Finding>& findings) {
  DatabaseOptions options;
  options.connections = 1;
  options.application_name = "mosaic doctor";
  if (!settings.embedded_database()) {
    options.url = settings.database_url;
  } else if (const auto running = EmbeddedPostgres::find_running(settings.data_dir)) {
    options.url = *running;
  } else {
    findings.push_back(check_embedded_programs(settings));
    return std::nullopt;
  }
  try {
    Database(options).ping();
  } catch (const StoreError& error) {
    findings.push_back(
        fail("database", error.what(), "check DATABASE_URL and that the server runs"));
    return std::nullopt;
  }
  findings.push_back(
      ok("database", settings.embedded_database() ? "the embedded Postgres answers" : "answers"));
  return options;
}

bool check_schema(const DatabaseOptions& options, std::vector<Finding>& findings) {
  try {
    Migrator(options).check();
    findings.push_back(ok("schema", "is this program's own"));
    return true;
  } catch (const SchemaTooOld& error) {
    findings.push_back(warn("schema", error.what(), "mosaic migrate, or mosaic up"));
  } catch (const StoreError& error) {
    findings.push_back(fail("schema", error.what(), "run the mosaic that made it, or a newer one"));
  }
  return false;
}

// The wall behind the API's own: what a mistake in it, or whoever took it over, cannot do.
Finding check_api_role(const DatabaseOptions& options) {
  const ApiRoleState role = ApiRole(options).inspect();
  if (!role.in_force) {
    return warn("API's role",
                "the API acts in the database with all rights of its login: " + role.hindrance,
                role.remedy);
  }
  if (role.confined)
    return ok("API's role", "this login can be " + role.name + " and nothing else");
  return ok("API's role", "the API acts as " + role.name +
                              ", which this login may leave; a mosaic api of its own can have a "
                              "login that may not (docs/OPERATIONS.md)");
}

Finding check_key(const Settings& settings, const std::optional<StoredKeys>& stored) {
  const bool to_be_made = settings.embedded_database() && settings.secret_key.empty() && !stored &&
                          !EmbeddedPostgres::exists(settings.data_dir);
  if (to_be_made)
    return ok("key",
              "none yet; mosaic up makes one in " + secret_key_file(settings.data_dir).string());
  try {
    const SecretBox box(open_secret_box(settings, MissingKey::refuse));
    if (!stored || !stored->check) return ok("key", "is usable");
    if (!box.knows(*stored)) {
      return stored->next_check
                 ? fail("key", one_key_of_two_message, "mosaic admin rotate-key")
                 : fail("key", wrong_key_message, "set MOSAIC_SECRET_KEY to the right one");
    }
    if (stored->next_check) {
      return warn("key", "the secrets of this database are on their way to another key",
                  "mosaic admin rotate-key");
    }
    return ok("key", "is the one of this database");
  } catch (const std::runtime_error& error) {
    return fail("key", error.what(), "set MOSAIC_SECRET_KEY");
  }
}

std::string fleet_image(Store& store) {
  std::vector<std::string> problems;
  return FleetSettings::parse(store.settings("fleet."), problems).image;
}

Finding engine_failure(const Settings& settings, const EngineError& error) {
  if (error.kind() == EngineErrorKind::permission_denied) {
    return fail("engine", error.what(),
                "run as root, or: usermod -aG docker " + std::string("$USER, and sign in again"));
  }
  if (error.kind() == EngineErrorKind::refused)
    return fail("engine", error.what(), "see --engine and --engine-kind");
  const bool local = settings.engine.is_local();
  return fail("engine", error.what(),
              local ? "apt-get install docker.io, systemctl start docker, or give another --engine"
                    : "check --engine and --engine-tls-dir, and that the engine listens there");
}

Finding check_image(RuntimeDriver& driver, const std::string& image) {
  try {
    if (driver.image(image).availability == ImageAvailability::present)
      return ok("image", image + " is on the engine");
    return warn("image", image + " is not on the engine yet",
                "the first wake pulls it; to be faster then: docker pull " + image +
                    ", or mosaic set fleet image OTHER");
  } catch (const EngineError& error) {
    return fail("image", error.what(), "mosaic set fleet image REFERENCE, or --agent-image");
  }
}

Finding check_hibernation(MemoryReclaimer& reclaimer) {
  if (reclaimer.possible())
    return ok("hibernation",
              "frozen agents can be pushed to swap (mosaic set fleet sleep.hibernate true)");
  return warn(
      "hibernation", "not possible here: " + reclaimer.reason(),
      "idle agents stop instead, which is well; for faster waking see the operator's guide");
}

}  // namespace

std::vector<Finding> check_database_and_key(const Settings& settings, std::string& instance,
                                            std::string& image) {
  std::vector<Finding> findings;
  std::optional<StoredKeys> keys;
  const auto options = reachable_database(settings, findings);
  if (options && check_schema(*options, findings)) {
    try {
      Database database(*options);
      PostgresStore store(database);
      instance = store.instance_id();
      image = fleet_image(store);
      keys = KeyCheckStore(database).stored_keys();
      findings.push_back(check_api_role(*options));
    } catch (const StoreError& error) {
      findings.push_back(fail("rows", error.what(), "check the database's log"));
    }
  }
  findings.push_back(check_key(settings, keys));
  return findings;
}

std::vector<Finding> check_engine(const Settings& settings, const std::string& instance,
                                  const std::string& image) {
  std::vector<Finding> findings;
  const SystemClock clock;
  Metrics metrics;
  EngineParts parts(settings, instance, clock, metrics, Logger::silent());
  try {
    const EngineInfo info = parts.driver().info();
    findings.push_back(ok("engine", info.name + ", API " + info.api_version + ", " +
                                        std::to_string(info.cpus) + " cores, " +
                                        std::to_string(info.memory_mb) + " MB"));
    findings.push_back(check_image(parts.driver(), image));
    if (settings.engine_kind == EngineKind::docker)
      findings.push_back(check_hibernation(parts.reclaimer()));
    if (locate_engine(settings.engine.url).place == EngineLocality::Place::here &&
        !info.data_root.empty()) {
      findings.push_back(check_disk("engine's disk", info.data_root));
    }
  } catch (const EngineError& error) {
    findings.push_back(engine_failure(settings, error));
  }
  return findings;
}

}  // namespace mosaic::cli
