#include "store/database.hpp"

#include "store/connection_pool.hpp"

namespace mosaic {

Database::Database(const DatabaseOptions& options)
    : pool_(std::make_unique<ConnectionPool>(options)) {}

Database::~Database() = default;

void Database::ping() {
  static constexpr Statement statement{"ping", "SELECT 1"};
  pool_->perform("ping", Repeat::safely, [](Session& session) { session.run(statement); });
}

}  // namespace mosaic
