// A connection to Postgres on which nothing blocks for longer than a deadline or the owner's wish
// to stop: connecting, asking and waiting for notifications all sit in one poll(). Private to
// store/.
//
// Thread-safety: one thread uses a connection; StopSignal::raise may come from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/clock.hpp"

struct pg_conn;

namespace mosaic {

// A pipe that wakes whoever polls it; once raised, it stays raised.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  void raise() noexcept;
  int descriptor() const { return read_end_; }
  // True when raised within that time.
  bool wait_for(Duration duration) const;

 private:
  int read_end_ = -1;
  int write_end_ = -1;
};

enum class ConnectionOutcome : std::uint8_t { done, stopped, timed_out, failed };

struct Notification {
  std::string channel;
  std::string payload;
};

class AsyncConnection {
 public:
  using Rows = std::vector<std::vector<std::string>>;  // NULL is an empty text

  explicit AsyncConnection(const StopSignal& stop);
  ~AsyncConnection();
  AsyncConnection(const AsyncConnection&) = delete;
  AsyncConnection& operator=(const AsyncConnection&) = delete;

  ConnectionOutcome connect(const std::string& connection_string, SteadyTime deadline);
  ConnectionOutcome run(const std::string& sql, const std::vector<std::string>& parameters,
                        SteadyTime deadline, Rows& rows);
  // Returns `done` as soon as there is a notification.
  ConnectionOutcome wait_for_notification(SteadyTime deadline);
  // Those that arrived, in order, also those that came while a question was being answered.
  std::vector<Notification> take_notifications();
  // Why the last call failed: one line, no password.
  const std::string& error() const { return error_; }

 private:
  ConnectionOutcome wait_for_socket(short events, SteadyTime deadline);
  ConnectionOutcome fail();
  bool read_input();
  ConnectionOutcome read_results(SteadyTime deadline, Rows& rows);

  const StopSignal& stop_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  std::vector<Notification> notifications_;
  std::string error_;
};

}  // namespace mosaic
