// A database of a test's own on the private server of MOSAIC_TEST_DATABASE_URL, dropped at the end.
// Making one copies a template that is migrated once per process.
//
// Thread-safety: exec() may be called from any thread.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/database.hpp"

namespace mosaic {

class TestDatabase {
 public:
  enum class Content { migrated, empty };

  explicit TestDatabase(Content content = Content::migrated);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const DatabaseOptions& options() const { return options_; }
  // As the API connects: as a role that is made when first asked for, and goes with the database.
  DatabaseOptions api_options();
  // Runs statements on a connection of its own; the rows of the last one, NULL as "".
  std::vector<std::vector<std::string>> exec(const std::string& sql);
  // The only value of the only row.
  std::string value(const std::string& sql);
  // Ends every other connection to this database.
  void kill_connections();

 private:
  std::string name_;
  DatabaseOptions options_;
  std::string api_role_;
};

// The server's address with another database's name.
std::string test_database_url(const std::string& database);

// 'it''s'.
std::string sql_text(const std::string& text);

}  // namespace mosaic
