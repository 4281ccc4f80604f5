#include "cli/fleet_access.hpp"

#include <optional>

#include "cli/failure.hpp"
#include "cli/key_check.hpp"
#include "cli/postgres/embedded_postgres.hpp"
#include "cli/secret_key.hpp"
#include "store/key_check_store.hpp"
#include "store/migrator.hpp"
#include "store/postgres_question_store.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/postgres_store.hpp"

namespace mosaic::cli {

std::string find_database_url(const Settings& settings) {
  if (!settings.embedded_database()) return settings.database_url;
  if (auto running = EmbeddedPostgres::find_running(settings.data_dir)) return *running;
  throw CommandError(
      "no database: DATABASE_URL is not set and no mosaic up that this user may see runs on " +
      settings.data_dir.string() +
      "; start it, run as its user, or set DATABASE_URL or --data-dir");
}

struct FleetAccess::Parts {
  explicit Parts(const Settings& given)
      : settings(given),
        options(database_options(given)),
        database(options),
        store(database),
        rows(database),
        questions(database),
        key_check(database) {}

  static DatabaseOptions database_options(const Settings& settings) {
    DatabaseOptions options;
    options.url = find_database_url(settings);
    options.connections = 1;
    options.application_name = "mosaic command";
    return options;
  }

  const Settings settings;
  const DatabaseOptions options;
  Database database;
  PostgresStore store;
  PostgresSettingsStore rows;
  PostgresQuestionStore questions;
  KeyCheckStore key_check;
  std::unique_ptr<SecretBox> box;
};

FleetAccess::FleetAccess(const Settings& settings) : parts_(std::make_unique<Parts>(settings)) {
  Migrator(parts_->options).check();
}

FleetAccess::~FleetAccess() = default;

Store& FleetAccess::store() { return parts_->store; }
SettingsStore& FleetAccess::settings() { return parts_->rows; }
QuestionStore& FleetAccess::questions() { return parts_->questions; }

const SecretBox& FleetAccess::secrets() {
  if (!parts_->box) {
    parts_->box.reset(new SecretBox(open_secret_box(parts_->settings, MissingKey::refuse)));
    require_matching_key(parts_->key_check, *parts_->box);
  }
  return *parts_->box;
}

}  // namespace mosaic::cli
