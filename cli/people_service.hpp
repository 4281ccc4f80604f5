// The people's side of one process: accounts and settings on the database, the routes over them, and the listener that
// tells both of what other processes changed.
//
// Used from the main thread: build, start() before the server listens, stop() once it has ended. What it is given
// outlives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/people_api.hpp"
#include "cli/settings.hpp"
#include "secrets/password.hpp"
#include "store/database.hpp"
#include "store/notification_listener.hpp"
#include "store/postgres_account_store.hpp"
#include "store/postgres_question_store.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

struct PeopleServiceNeeds {
  const Settings& settings;
  DatabaseOptions database_options;  // for the listener's own connection
  const Clock& clock;
  Database& database;
  Store& store;
  SettingsStore& rows;
  const SecretBox& secrets;
  Metrics& metrics;
  Logger log;
};

class PeopleService {
 public:
  explicit PeopleService(PeopleServiceNeeds needs);

  PeopleApi& api() { return *api_; }
  AccountStore& accounts() { return accounts_; }

  void start();
  void stop();
  // Now and then: removes sessions, used-up texts and audit entries past their time. Throws StoreError.
  void look_after();

  // To be printed once; nothing unless this is the first start of an installation.
  std::optional<std::string> new_set_up_token();
  bool set_up_completed();

 private:
  PeopleDependencies dependencies(const PeopleServiceNeeds& needs);

  const Clock& clock_;
  SteadyTime next_prune_{};
  SettingsStore& rows_;
  PostgresAccountStore accounts_;
  PostgresQuestionStore questions_;
  const PasswordHasher passwords_;
  std::unique_ptr<PeopleApi> api_;
  std::unique_ptr<NotificationListener> listener_;
};

}  // namespace mosaic::cli
