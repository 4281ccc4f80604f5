#include "store/postgres_listener.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "store/async_connection.hpp"
#include "store/change_feed.hpp"
#include "store/connection_string.hpp"

namespace mosaic {

class PostgresListener::Loop {
 public:
  Loop(const DatabaseOptions& database, ChangeListener& listener, ListenerHooks hooks,
       ListenerOptions options)
      : connection_string_(libpq_connection_string(database)),
        connect_timeout_(database.connect_timeout),
        listener_(listener),
        hooks_(std::move(hooks)),
        options_(options) {}

  ~Loop() { stop(); }

  void start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }

  void stop() {
    stop_.raise();
    if (thread_.joinable()) thread_.join();
  }

 private:
  static SteadyTime after(Duration duration) { return std::chrono::steady_clock::now() + duration; }

  void run() {
    Duration pause = options_.reconnect_shortest;
    while (!stop_.wait_for(Duration::zero())) {
      AsyncConnection connection(stop_);
      Outcome outcome = begin(connection);
      if (outcome == Outcome::done) {
        pause = options_.reconnect_shortest;
        outcome = hear(connection);
      }
      if (outcome == Outcome::stopped) return;
      if (hooks_.on_lost) hooks_.on_lost(connection.error());
      if (stop_.wait_for(jittered(pause))) return;
      pause = std::min(pause * 2, options_.reconnect_longest);
    }
  }

  // LISTEN comes before the cursor, and the cursor before the relist: nothing falls between them.
  Outcome begin(AsyncConnection& connection) {
    Outcome outcome = connection.connect(connection_string_, after(connect_timeout_));
    if (outcome != Outcome::done) return outcome;
    AsyncConnection::Rows nothing;
    outcome = connection.run("LISTEN mosaic_changed", {}, after(options_.answer_timeout), nothing);
    if (outcome != Outcome::done) return outcome;
    cursor_.clear();
    outcome = look(connection);
    if (outcome == Outcome::done && hooks_.on_connected) hooks_.on_connected();
    return outcome;
  }

  // Until the connection is lost or we are to stop.
  Outcome hear(AsyncConnection& connection) {
    for (;;) {
      const SteadyTime next_look = after(options_.poll_interval);
      Outcome outcome = Outcome::done;
      while (outcome == Outcome::done) {
        deliver(connection.take_notifications());
        // A flood of notifications must not keep us from looking.
        outcome = std::chrono::steady_clock::now() < next_look
                      ? connection.wait_for_notification(next_look)
                      : Outcome::timed_out;
      }
      if (outcome != Outcome::timed_out) return outcome;
      outcome = look(connection);
      if (outcome != Outcome::done) return outcome;
    }
  }

  Outcome look(AsyncConnection& connection) {
    ChangeFeedAnswer answer(cursor_);
    AsyncConnection::Rows rows;
    const auto outcome =
        connection.run(change_feed_sql, {answer.parameter()}, after(options_.answer_timeout), rows);
    if (outcome != Outcome::done) return outcome;
    for (const auto& row : rows) answer.add_row(row[0], row[1]);
    const ChangeBatch batch = answer.finish();
    cursor_ = batch.cursor;
    if (batch.settings_changed || batch.relist) listener_.on_settings_changed();
    if (batch.relist) listener_.on_relist_needed();
    for (const auto& key : batch.keys) listener_.on_row_changed(key, ChangeUrgency::spec_change);
    return Outcome::done;
  }

  void deliver(const std::vector<std::string>& payloads) {
    constexpr std::string_view wake = "wake/";
    for (const auto& payload : payloads) {
      const bool waiting = payload.starts_with(wake);
      const auto key =
          parse_resource_key(std::string_view(payload).substr(waiting ? wake.size() : 0));
      if (payload == "settings") {
        listener_.on_settings_changed();
      } else if (key) {
        listener_.on_row_changed(
            *key, waiting ? ChangeUrgency::waiting_user : ChangeUrgency::spec_change);
      } else {
        // "relist", or something a newer schema says: looking at everything is always right.
        listener_.on_relist_needed();
      }
    }
  }

  Duration jittered(Duration pause) {
    std::uniform_real_distribution<double> factor(0.8, 1.2);
    return std::chrono::duration_cast<Duration>(pause * factor(random_));
  }

  const std::string connection_string_;
  const Duration connect_timeout_;
  ChangeListener& listener_;
  const ListenerHooks hooks_;
  const ListenerOptions options_;
  StopSignal stop_;
  std::string cursor_;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
};

PostgresListener::PostgresListener(const DatabaseOptions& database, ChangeListener& listener,
                                   ListenerHooks hooks, ListenerOptions options)
    : loop_(std::make_unique<Loop>(database, listener, std::move(hooks), options)) {}

PostgresListener::~PostgresListener() = default;

void PostgresListener::start() { loop_->start(); }

void PostgresListener::stop() { loop_->stop(); }

}  // namespace mosaic
