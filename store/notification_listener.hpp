// Hears what other processes' transactions changed of agents' statuses and of accounts: LISTEN on mosaic_status and
// mosaic_accounts, one connection for both, anew with back-off whenever it is lost.
//
// Whatever happens while there is no connection goes unheard: when one is lost and after every connect, the first one
// too, all listeners are told that they missed something. Thread-safety: start() and stop() from one thread. Listeners and hooks are called
// from the one thread of this class, must not block and must not throw; none is called once stop() has returned.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/account_store.hpp"
#include "store/database.hpp"
#include "store/postgres_listener.hpp"

namespace mosaic {

// Who is told. All outlive the listener.
struct NotificationTargets {
  std::vector<std::reference_wrapper<StatusListener>> statuses;
  std::vector<std::reference_wrapper<AccountListener>> accounts;
};

class NotificationListener {
 public:
  // Of the options only the waits count: there is nothing to poll here.
  NotificationListener(const DatabaseOptions& database, NotificationTargets targets,
                       ListenerHooks hooks = {}, ListenerOptions options = {});
  ~NotificationListener();
  NotificationListener(const NotificationListener&) = delete;
  NotificationListener& operator=(const NotificationListener&) = delete;

  void start();
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mosaic
