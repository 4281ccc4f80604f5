#include "store/listening_loop.hpp"

#include <algorithm>
#include <utility>

#include "store/connection_string.hpp"

namespace mosaic {

ListeningLoop::ListeningLoop(const DatabaseOptions& database, ListenerHooks hooks,
                             ListenerOptions options)
    : connection_string_(libpq_connection_string(database)),
      connect_timeout_(database.connect_timeout),
      hooks_(std::move(hooks)),
      options_(options) {}

ListeningLoop::~ListeningLoop() { stop(); }

void ListeningLoop::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void ListeningLoop::stop() {
  stop_.raise();
  if (thread_.joinable()) thread_.join();
}

SteadyTime ListeningLoop::after(Duration duration) {
  return std::chrono::steady_clock::now() + duration;
}

void ListeningLoop::run() {
  Duration pause = options_.reconnect_shortest;
  while (!stop_.wait_for(Duration::zero())) {
    AsyncConnection connection(stop_);
    ConnectionOutcome outcome = open(connection);
    if (outcome == ConnectionOutcome::done) {
      pause = options_.reconnect_shortest;
      outcome = hear(connection);
    }
    if (outcome == ConnectionOutcome::stopped) return;
    if (hooks_.on_lost) hooks_.on_lost(connection.error());
    if (stop_.wait_for(jittered(pause))) return;
    pause = std::min(pause * 2, options_.reconnect_longest);
  }
}

ConnectionOutcome ListeningLoop::open(AsyncConnection& connection) {
  ConnectionOutcome outcome = connection.connect(connection_string_, after(connect_timeout_));
  if (outcome != ConnectionOutcome::done) return outcome;
  outcome = begin(connection);
  if (outcome == ConnectionOutcome::done && hooks_.on_connected) hooks_.on_connected();
  return outcome;
}

Duration ListeningLoop::jittered(Duration pause) {
  std::uniform_real_distribution<double> factor(0.8, 1.2);
  return std::chrono::duration_cast<Duration>(pause * factor(random_));
}

}  // namespace mosaic
