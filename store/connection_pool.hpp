// A bounded pool of sessions, and the one place that decides what happens when an operation fails.
// Private to store/.
//
// Thread-safety: every method may be called from any thread. At most options.connections sessions
// exist at a time; whoever finds none free waits for options.acquire_timeout. A broken session is
// discarded together with all idle ones, which most likely broke with it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/answer_watch.hpp"
#include "store/database.hpp"
#include "store/session.hpp"

namespace mosaic {

// Whether an operation may run a second time when the first may or may not have happened.
enum class Repeat : std::uint8_t { safely, never };

class ConnectionPool {
 public:
  explicit ConnectionPool(const DatabaseOptions& options);

  // Runs work(session). A lost connection or a conflict is met with one repetition where `repeat`
  // allows it (always when the connection could not even be opened anew, for then nothing was
  // sent). Throws StoreError.
  template <typename Work>
  auto perform(std::string_view operation, Repeat repeat, Work work) {
    return perform(operation, repeat, options_.statement_timeout, std::move(work));
  }

  // The same for work that sets itself another time-out. A server that stands still beyond it is not waited for; nothing
  // is repeated then.
  template <typename Work>
  auto perform(std::string_view operation, Repeat repeat, Duration time_out, Work work) {
    for (int attempt = 1;; ++attempt) {
      const bool last = attempt == 2 || repeat == Repeat::never;
      Lease lease(*this, time_out + options_.answer_grace);
      try {
        return work(lease.session());
      } catch (const pqxx::sql_error& error) {
        const FailureKind kind = failure_kind(error);
        if (kind == FailureKind::connection_lost) lease.discard();
        if (lease.overdue()) throw stands_still(operation, time_out);
        if (last || kind == FailureKind::refused) throw describe(operation, error);
      } catch (const pqxx::broken_connection& error) {
        lease.discard();
        if (lease.overdue()) throw stands_still(operation, time_out);
        if (last) throw describe_lost_connection(error);
      } catch (const pqxx::in_doubt_error& error) {
        lease.discard();
        if (lease.overdue()) throw stands_still(operation, time_out);
        if (last) throw describe_lost_connection(error);
      } catch (const pqxx::failure& error) {
        // libpqxx's own troubles: after them the state of the connection is unknown.
        lease.discard();
        if (lease.overdue()) throw stands_still(operation, time_out);
        throw describe_lost_connection(error);
      } catch (...) {
        // The work itself failed, perhaps in the middle of a result stream.
        lease.discard_quietly();
        throw;
      }
    }
  }

  const std::string& connection_string() const { return connection_string_; }
  const DatabaseOptions& options() const { return options_; }

 private:
  class Lease {
   public:
    Lease(ConnectionPool& pool, Duration patience) : pool_(pool), session_(pool.acquire()) {
      guard_.emplace(pool.watch_, session_->connection().sock(),
                     std::chrono::steady_clock::now() + patience);
    }
    ~Lease() {
      stop_watching();
      if (overdue_) session_.reset();
      pool_.release(std::move(session_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Session& session() { return *session_; }
    // After a discard: whether the server had stood still for too long.
    bool overdue() const { return overdue_; }
    void discard() {
      discard_quietly();
      pool_.discard_idle();
    }
    void discard_quietly() {
      stop_watching();
      session_.reset();
    }

   private:
    // Before the socket is closed: its number may be another's at once.
    void stop_watching() {
      if (!guard_) return;
      overdue_ = guard_->overdue();
      guard_.reset();
    }

    ConnectionPool& pool_;
    std::unique_ptr<Session> session_;
    std::optional<AnswerWatch::Guard> guard_;
    bool overdue_ = false;
  };

  StoreError stands_still(std::string_view operation, Duration time_out) const;
  std::unique_ptr<Session> acquire();
  void wait_for_a_free_one(std::unique_lock<std::mutex>& lock);
  void release(std::unique_ptr<Session> session);  // nullptr: it was discarded
  void discard_idle();
  std::unique_ptr<Session> open();

  const DatabaseOptions options_;
  const std::string connection_string_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Session>> idle_;
  int in_use_ = 0;
  AnswerWatch watch_;
};

}  // namespace mosaic
