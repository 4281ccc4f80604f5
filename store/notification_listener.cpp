#include "store/notification_listener.hpp"

#include <utility>

#include "model/resource_key.hpp"
#include "store/listening_loop.hpp"

namespace mosaic {
namespace {

// A connection that died without a word is found out by asking, not by waiting.
constexpr auto proof_of_life = std::chrono::seconds(30);
constexpr std::string_view status_channel = "mosaic_status";

}  // namespace

class NotificationListener::Loop final : public ListeningLoop {
 public:
  Loop(const DatabaseOptions& database, NotificationTargets targets, ListenerHooks hooks,
       ListenerOptions options)
      : ListeningLoop(database, std::move(hooks), options), targets_(std::move(targets)) {}

  ~Loop() override { stop(); }

 private:
  // Both channels before anybody is told to look: nothing falls between the look and the first notification.
  ConnectionOutcome begin(AsyncConnection& connection) override {
    for (const char* listen : {"LISTEN mosaic_status", "LISTEN mosaic_accounts"}) {
      if (const ConnectionOutcome outcome = ask(connection, listen);
          outcome != ConnectionOutcome::done)
        return outcome;
    }
    everything_missed();
    return ConnectionOutcome::done;
  }

  ConnectionOutcome hear(AsyncConnection& connection) override {
    const ConnectionOutcome outcome = hear_until_lost(connection);
    // From now on nothing is heard: what is remembered must not be trusted for as long as that takes.
    if (outcome != ConnectionOutcome::stopped) everything_missed();
    return outcome;
  }

  void everything_missed() {
    for (StatusListener& listener : targets_.statuses) listener.on_statuses_missed();
    for (AccountListener& listener : targets_.accounts) listener.on_accounts_missed();
  }

  ConnectionOutcome hear_until_lost(AsyncConnection& connection) {
    for (;;) {
      const SteadyTime next_question = after(proof_of_life);
      ConnectionOutcome outcome = ConnectionOutcome::done;
      while (outcome == ConnectionOutcome::done) {
        for (const auto& notification : connection.take_notifications()) deliver(notification);
        outcome = std::chrono::steady_clock::now() < next_question
                      ? connection.wait_for_notification(next_question)
                      : ConnectionOutcome::timed_out;
      }
      if (outcome != ConnectionOutcome::timed_out) return outcome;
      outcome = ask(connection, "SELECT 1");
      if (outcome != ConnectionOutcome::done) return outcome;
    }
  }

  ConnectionOutcome ask(AsyncConnection& connection, const char* question) {
    AsyncConnection::Rows answer;
    return connection.run(question, {}, after(options().answer_timeout), answer);
  }

  void deliver(const Notification& heard) {
    heard.channel == status_channel ? deliver_status(heard.payload)
                                    : deliver_account(heard.payload);
  }

  // What a newer schema may say and we do not understand: looking at everything is always right.
  void deliver_status(const std::string& payload) {
    const auto key = parse_resource_key(payload);
    for (StatusListener& listener : targets_.statuses) {
      key ? listener.on_status_moved(*key) : listener.on_statuses_missed();
    }
  }

  void deliver_account(const std::string& payload) {
    for (AccountListener& listener : targets_.accounts) {
      payload.empty() ? listener.on_accounts_missed() : listener.on_account_changed(payload);
    }
  }

  const NotificationTargets targets_;
};

NotificationListener::NotificationListener(const DatabaseOptions& database,
                                           NotificationTargets targets, ListenerHooks hooks,
                                           ListenerOptions options)
    : loop_(std::make_unique<Loop>(database, std::move(targets), std::move(hooks), options)) {}

NotificationListener::~NotificationListener() = default;

void NotificationListener::start() { loop_->start(); }

void NotificationListener::stop() { loop_->stop(); }

}  // namespace mosaic
