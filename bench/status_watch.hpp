// Sees a row's phase change as soon as a client of the tables can: LISTEN on the status channel, and a look at the row
// after each notice.
//
// Used from one thread.
#pragma once

#include <chrono>
#include <pqxx/pqxx>
#include <set>
#include <string>

namespace mosaic::bench {

class StatusWatch {
 public:
  explicit StatusWatch(const std::string& database_url);

  // Returns once the row says `phase`; throws when it does not within `limit`.
  void wait_for(const std::string& id, const std::string& phase, std::chrono::milliseconds limit);
  std::string phase(const std::string& id);

 private:
  class Receiver final : public pqxx::notification_receiver {
   public:
    Receiver(pqxx::connection_base& connection, std::set<std::string>& heard)
        : notification_receiver(connection, "mosaic_status"), heard_(heard) {}
    void operator()(const std::string& payload, int) override { heard_.insert(payload); }

   private:
    std::set<std::string>& heard_;
  };

  pqxx::connection connection_;
  std::set<std::string> heard_;
  Receiver receiver_;
};

}  // namespace mosaic::bench
