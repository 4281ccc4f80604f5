// Answers, for a person: where is your agent? At once when it is known to be awake; otherwise it is woken, and whoever
// waits hears how that goes and in the end gets a seat (address and hold) or is told why not.
//
// Any number of people may wait for one agent: it is woken once. The rows are the only authority: a remembered address
// is used only while a record of activity is in force (activity_ledger.hpp) and no notification has said that the
// agent moved, and every seat given after a wait rests on a row that was read after the activity was on record.
//
// Thread-safety: every method may be called from any thread. None blocks: the store is asked on the executor, which
// answers false when it is full (then tick() tries again) and never runs the work within the call. Callbacks run on the executor's threads or tick()'s, without
// a lock held, never from within wait(); they must not block and must not throw. The executor has ended before the
// dependencies go. Bounds: `waiters` in all, `remembered` addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/gateway/activity_ledger.hpp"
#include "api/worker_pool.hpp"
#include "model/account.hpp"
#include "model/agent.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

// Where an agent answers. `process` tells one process of it from the next one at the same address.
struct AgentAddress {
  ResourceKey agent;
  std::string endpoint;  // "address:port"
  std::string token;     // the gateway's bearer token, in plain: into no log, error or answer
  std::string process;
};

// An address to talk to, and the hold that keeps the agent awake meanwhile: keep it until the last byte.
struct AgentSeat {
  std::shared_ptr<const AgentAddress> address;
  ActivityLedger::Hold hold;
};

struct WakeProgress {
  Phase phase = Phase::stopped;
  std::string reason;               // of the row's Ready condition: "PullingImage", "Starting" …
  std::string message;              // likewise, one line for people
  std::optional<int> pull_percent;  // while the image is pulled
  // Until it is ready, by this agent's own last start; nothing while that is unknown.
  std::optional<Duration> remaining;

  bool operator==(const WakeProgress&) const = default;
};

// Why there will be no seat. `type` is a word of problem_type (api/problem.hpp); `detail` and `remedy` are sentences.
struct DeskRefusal {
  int status = 503;
  std::string_view type;
  std::string detail;
  std::string remedy;
  std::optional<std::chrono::seconds> retry_after;
};

struct WaitCallbacks {
  std::function<void(const WakeProgress&)>
      on_progress;  // whenever something of it changed; may be empty
  // Exactly one of these, once, unless the ticket was cancelled before. A progress that was under way on another thread
  // may still come after a refusal.
  std::function<void(AgentSeat)> on_seat;
  std::function<void(const DeskRefusal&)> on_refused;
};

struct DeskSettings {
  std::size_t waiters = 10'000;
  std::size_t remembered = 100'000;
  Duration poll_interval = std::chrono::seconds(2);  // notifications are hints
  Duration poll_spacing =
      std::chrono::milliseconds(2);  // between two polls, however many agents are waited for
  Duration longest_wait = std::chrono::minutes(10);
  // A failure that stands in the row already counts once the controller had this long to look again.
  Duration failure_grace = std::chrono::seconds(2);
  // An address that was reported as dead is given out again after this, should the row still stand by it.
  Duration distrust = std::chrono::seconds(5);
};

struct DeskDependencies {
  const Clock& clock;
  SettingsStore&
      settings;  // what it asks there is about one person, and the database confines it to them
  const SecretBox& secrets;
  ActivityLedger& ledger;
  BlockingExecutor executor;
};

class AgentDesk final : public StatusListener {
 public:
  // The right to be called back. After cancel() a callback that is running on another thread may still end; none
  // begins. The desk outlives it.
  class Ticket {
   public:
    Ticket() = default;
    ~Ticket() { cancel(); }
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    void cancel() noexcept;

   private:
    friend class AgentDesk;
    Ticket(AgentDesk& desk, std::string account_id, std::uint64_t number)
        : desk_(&desk), account_id_(std::move(account_id)), number_(number) {}

    AgentDesk* desk_ = nullptr;
    std::string account_id_;
    std::uint64_t number_ = 0;
  };

  explicit AgentDesk(DeskDependencies dependencies, DeskSettings settings = {});
  ~AgentDesk() override;
  AgentDesk(const AgentDesk&) = delete;
  AgentDesk& operator=(const AgentDesk&) = delete;

  // From memory alone: nothing when the agent's address is not known, or it must be made sure first that it stays, or
  // the account may not have an agent. Then wait() finds out.
  std::optional<AgentSeat> seat_at_once(const Account& account);

  // Wakes the account's own agent, making its row when there is none. Refused at once when too many wait or the desk
  // has closed.
  std::variant<Ticket, DeskRefusal> wait(const Account& account, WaitCallbacks callbacks);

  // Nobody answers there (connection refused, reset before a byte, 401): forget it. The next wait() looks for another
  // process of the agent.
  void report_unreachable(const std::string& account_id, const AgentAddress& address);

  // Polls, graces and limits; call it every few hundred milliseconds (Ticker).
  void tick();
  // Turns all away who wait, and whoever comes later.
  void close();

  void on_status_moved(const ResourceKey& key) override;
  void on_statuses_missed() override;

  std::size_t waiters() const;

 private:
  class Desk;  // the whole of it
  void cancel(const std::string& account_id, std::uint64_t number) noexcept;

  // Shared with the work that is on the executor, which may come late.
  std::shared_ptr<Desk> desk_;
};

}  // namespace mosaic
