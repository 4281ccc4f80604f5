#include "bench/status_watch.hpp"

#include <stdexcept>

namespace mosaic::bench {
namespace {

// Notices are hints; a lost one costs this much.
constexpr long look_anyway_us = 250'000;

}  // namespace

StatusWatch::StatusWatch(const std::string& database_url)
    : connection_(database_url), receiver_(connection_, heard_) {
  connection_.prepare("phase", R"(SELECT "phase" FROM "UserContainer" WHERE "id" = $1)");
}

std::string StatusWatch::phase(const std::string& id) {
  pqxx::nontransaction look(connection_);
  const auto rows = look.exec_prepared("phase", id);
  if (rows.empty()) throw std::runtime_error("the row " + id + " is not there");
  return rows[0][0].c_str();
}

void StatusWatch::wait_for(const std::string& id, const std::string& wanted,
                           std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const std::string key = "user/" + id;
  while (phase(id) != wanted) {
    heard_.clear();
    // Notices of others are not worth a look.
    while (!heard_.contains(key) && connection_.await_notification(0, look_anyway_us) > 0) {
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(key + " is " + phase(id) + " and not " + wanted + " after " +
                               std::to_string(limit.count()) + " ms");
    }
  }
}

}  // namespace mosaic::bench
