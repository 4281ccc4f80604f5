// The database as commands beside a running fleet reach it: DATABASE_URL, or the embedded Postgres
// of a `mosaic up` with the same data folder.
//
// Construction checks that the schema is this program's own, and throws one line that says what to
// do when not. Used from one thread.
#pragma once

#include <memory>
#include <string>

#include "cli/settings.hpp"
#include "secrets/secret_box.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace mosaic {
class QuestionStore;
class SettingsStore;
}  // namespace mosaic

namespace mosaic::cli {

// Where the database is, for commands that do not start one.
std::string find_database_url(const Settings& settings);

class FleetAccess {
 public:
  explicit FleetAccess(const Settings& settings);
  ~FleetAccess();

  Store& store();
  SettingsStore& settings();
  QuestionStore& questions();
  // Checked against the database: a wrong key is a refusal before anything is written with it.
  const SecretBox& secrets();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic::cli
