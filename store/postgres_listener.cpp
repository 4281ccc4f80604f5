#include "store/postgres_listener.hpp"

#include <utility>

#include "store/change_feed.hpp"
#include "store/listening_loop.hpp"

namespace mosaic {

class PostgresListener::Loop final : public ListeningLoop {
 public:
  Loop(const DatabaseOptions& database, ChangeListener& listener, ListenerHooks hooks,
       ListenerOptions options)
      : ListeningLoop(database, std::move(hooks), options), listener_(listener) {}

  ~Loop() override { stop(); }

 private:
  // LISTEN comes before the cursor, and the cursor before the relist: nothing falls between them.
  ConnectionOutcome begin(AsyncConnection& connection) override {
    AsyncConnection::Rows nothing;
    const ConnectionOutcome outcome =
        connection.run("LISTEN mosaic_changed", {}, after(options().answer_timeout), nothing);
    if (outcome != ConnectionOutcome::done) return outcome;
    cursor_.clear();
    return look(connection);
  }

  ConnectionOutcome hear(AsyncConnection& connection) override {
    for (;;) {
      const SteadyTime next_look = after(options().poll_interval);
      ConnectionOutcome outcome = ConnectionOutcome::done;
      while (outcome == ConnectionOutcome::done) {
        deliver(connection.take_notifications());
        // A flood of notifications must not keep us from looking.
        outcome = std::chrono::steady_clock::now() < next_look
                      ? connection.wait_for_notification(next_look)
                      : ConnectionOutcome::timed_out;
      }
      if (outcome != ConnectionOutcome::timed_out) return outcome;
      outcome = look(connection);
      if (outcome != ConnectionOutcome::done) return outcome;
    }
  }

  ConnectionOutcome look(AsyncConnection& connection) {
    ChangeFeedAnswer answer(cursor_);
    AsyncConnection::Rows rows;
    const auto outcome = connection.run(change_feed_sql, {answer.parameter()},
                                        after(options().answer_timeout), rows);
    if (outcome != ConnectionOutcome::done) return outcome;
    for (const auto& row : rows) answer.add_row(row[0], row[1]);
    const ChangeBatch batch = answer.finish();
    cursor_ = batch.cursor;
    if (batch.settings_changed || batch.relist) listener_.on_settings_changed();
    if (batch.relist) listener_.on_relist_needed();
    for (const auto& key : batch.keys) listener_.on_row_changed(key, ChangeUrgency::spec_change);
    return ConnectionOutcome::done;
  }

  void deliver(const std::vector<Notification>& notifications) {
    constexpr std::string_view wake = "wake/";
    for (const auto& [channel, payload] : notifications) {
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

  ChangeListener& listener_;
  std::string cursor_;
};

PostgresListener::PostgresListener(const DatabaseOptions& database, ChangeListener& listener,
                                   ListenerHooks hooks, ListenerOptions options)
    : loop_(std::make_unique<Loop>(database, listener, std::move(hooks), options)) {}

PostgresListener::~PostgresListener() = default;

void PostgresListener::start() { loop_->start(); }

void PostgresListener::stop() { loop_->stop(); }

}  // namespace mosaic
