// The database that a backup is of or a restore goes to: DATABASE_URL, or the embedded Postgres of the data folder, which
// is started for as long as this object lives when no mosaic up runs it.
//
// Used from one thread. Errors: CommandError, one line.
#pragma once

#include <memory>

#include "cli/postgres/embedded_postgres.hpp"
#include "cli/settings.hpp"
#include "store/database.hpp"

namespace mosaic::cli {

class DatabaseAtHand {
 public:
  enum class Use : std::uint8_t {
    read,     // beside whatever uses it
    replace,  // alone; made when there is none
  };

  DatabaseAtHand(const Settings& settings, Use use);
  ~DatabaseAtHand();
  DatabaseAtHand(const DatabaseAtHand&) = delete;
  DatabaseAtHand& operator=(const DatabaseAtHand&) = delete;

  DatabaseOptions options(const std::string& application_name) const;

 private:
  std::string url_;
  std::unique_ptr<EmbeddedPostgres> postgres_;
};

}  // namespace mosaic::cli
