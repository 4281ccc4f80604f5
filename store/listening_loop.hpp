// The life of a connection that listens: open it, hear until it is lost, open it again after a pause that doubles with
// every failure (20 % jitter). What is asked and heard is the heir's. Private to store/.
//
// Thread-safety: start() and stop() from one thread; begin() and hear() run on the loop's own thread, the hooks too. An
// heir calls stop() in its destructor, before its own members go.
#pragma once

#include <random>
#include <string>
#include <thread>

#include "store/async_connection.hpp"
#include "store/database.hpp"
#include "store/postgres_listener.hpp"

namespace mosaic {

class ListeningLoop {
 public:
  ListeningLoop(const DatabaseOptions& database, ListenerHooks hooks, ListenerOptions options);
  virtual ~ListeningLoop();
  ListeningLoop(const ListeningLoop&) = delete;
  ListeningLoop& operator=(const ListeningLoop&) = delete;

  void start();
  void stop();

 protected:
  const ListenerOptions& options() const { return options_; }
  // From now on.
  static SteadyTime after(Duration duration);

 private:
  // On a fresh connection; `done` when it listens.
  virtual ConnectionOutcome begin(AsyncConnection& connection) = 0;
  // Until the connection is lost or we are to stop.
  virtual ConnectionOutcome hear(AsyncConnection& connection) = 0;

  void run();
  ConnectionOutcome open(AsyncConnection& connection);
  Duration jittered(Duration pause);

  const std::string connection_string_;
  const Duration connect_timeout_;
  const ListenerHooks hooks_;
  const ListenerOptions options_;
  StopSignal stop_;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
};

}  // namespace mosaic
