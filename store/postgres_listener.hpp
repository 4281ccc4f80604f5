// Hears of changed rows: LISTEN within a millisecond, and a look at the change feed every second or
// two for whatever a notification did not say. Both are hints; the reader of the rows decides.
//
// Thread-safety: start() and stop() from one thread. The ChangeListener and the hooks are called
// from the listener's own thread, must not block and must not throw; none is called once stop() has
// returned. stop() takes no longer than the callback that is running (and a name look-up, should
// the connection be opened at that moment).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/clock.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace mosaic {

struct ListenerOptions {
  Duration poll_interval = std::chrono::milliseconds(1500);
  Duration answer_timeout =
      std::chrono::seconds(10);  // of one look; then the connection counts as lost
  Duration reconnect_shortest =
      std::chrono::milliseconds(100);  // doubles with every failure, 20 % jitter
  Duration reconnect_longest = std::chrono::seconds(10);
};

// For metrics and the log; all optional.
struct ListenerHooks {
  std::function<void()> on_connected;
  std::function<void(const std::string& reason)> on_lost;  // also when connecting failed; one line
};

class PostgresListener {
 public:
  PostgresListener(const DatabaseOptions& database, ChangeListener& listener,
                   ListenerHooks hooks = {}, ListenerOptions options = {});
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

  // Begins at once: on_relist_needed() and on_settings_changed() come as soon as the first
  // connection listens, and again after every reconnect.
  void start();
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mosaic
