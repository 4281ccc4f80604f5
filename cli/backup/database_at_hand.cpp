#include "cli/backup/database_at_hand.hpp"

#include "cli/failure.hpp"

namespace mosaic::cli {

DatabaseAtHand::DatabaseAtHand(const Settings& settings, Use use) {
  if (!settings.embedded_database()) {
    url_ = settings.database_url;
    return;
  }
  if (use == Use::replace && EmbeddedPostgres::held_by_another(settings.data_dir)) {
    throw CommandError("a mosaic up runs on " + settings.data_dir.string() +
                       ": end it first; nothing was changed");
  }
  if (use == Use::read) {
    if (const auto running = EmbeddedPostgres::find_running(settings.data_dir)) {
      url_ = *running;
      return;
    }
    if (!EmbeddedPostgres::exists(settings.data_dir)) {
      throw CommandError("no database: DATABASE_URL is not set and there is none in " +
                         settings.data_dir.string() + "; set DATABASE_URL or --data-dir");
    }
  }
  EmbeddedPostgres::prepare_data_dir(settings.data_dir);
  postgres_ = std::make_unique<EmbeddedPostgres>(settings.data_dir);
  postgres_->start();
  url_ = postgres_->connection_string();
}

DatabaseAtHand::~DatabaseAtHand() {
  try {
    if (postgres_) postgres_->stop();
  } catch (const std::exception&) {
    // The next mosaic up adopts it.
  }
}

DatabaseOptions DatabaseAtHand::options(const std::string& application_name) const {
  DatabaseOptions options;
  options.url = url_;
  options.application_name = application_name;
  return options;
}

}  // namespace mosaic::cli
