#include "store/async_connection.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/connection_string.hpp"

namespace mosaic {
namespace {

int milliseconds_until(SteadyTime deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

void append_rows(const PGresult* result, AsyncConnection::Rows& rows) {
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      values.emplace_back(PQgetvalue(result, row, column));
  }
}

}  // namespace

StopSignal::StopSignal() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  read_end_ = ends[0];
  write_end_ = ends[1];
}

StopSignal::~StopSignal() {
  close(read_end_);
  close(write_end_);
}

void StopSignal::raise() noexcept {
  // Nobody reads the byte, so a full pipe is a raised one too.
  [[maybe_unused]] const auto written = write(write_end_, "", 1);
}

bool StopSignal::wait_for(Duration duration) const {
  const SteadyTime deadline = std::chrono::steady_clock::now() + duration;
  pollfd waiting{read_end_, POLLIN, 0};
  for (;;) {
    const int ready = poll(&waiting, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

AsyncConnection::AsyncConnection(const StopSignal& stop)
    : stop_(stop), connection_(nullptr, &PQfinish) {}

AsyncConnection::~AsyncConnection() = default;

ConnectionOutcome AsyncConnection::fail() {
  error_ = connection_ ? one_line(PQerrorMessage(connection_.get())) : "out of memory";
  return ConnectionOutcome::failed;
}

ConnectionOutcome AsyncConnection::wait_for_socket(short events, SteadyTime deadline) {
  for (;;) {
    pollfd waiting[2] = {{stop_.descriptor(), POLLIN, 0}, {PQsocket(connection_.get()), events, 0}};
    const int ready = poll(waiting, 2, milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR) {
      error_ = std::system_category().message(errno);
      return ConnectionOutcome::failed;
    }
    if (waiting[0].revents != 0) return ConnectionOutcome::stopped;
    if (ready > 0) return ConnectionOutcome::done;
    if (std::chrono::steady_clock::now() >= deadline) {
      error_ = "no answer in time";
      return ConnectionOutcome::timed_out;
    }
  }
}

ConnectionOutcome AsyncConnection::connect(const std::string& connection_string,
                                           SteadyTime deadline) {
  notifications_.clear();
  connection_.reset(PQconnectStart(connection_string.c_str()));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return fail();
  // libpq's own order: behave as though the socket had to be writable first.
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return fail();
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (const ConnectionOutcome outcome = wait_for_socket(events, deadline);
        outcome != ConnectionOutcome::done)
      return outcome;
    state = PQconnectPoll(connection_.get());
  }
  return PQsetnonblocking(connection_.get(), 1) == 0 ? ConnectionOutcome::done : fail();
}

bool AsyncConnection::read_input() {
  if (PQconsumeInput(connection_.get()) == 0) return false;
  while (PGnotify* notification = PQnotifies(connection_.get())) {
    notifications_.push_back(Notification{notification->relname, notification->extra});
    PQfreemem(notification);
  }
  return true;
}

ConnectionOutcome AsyncConnection::run(const std::string& sql,
                                       const std::vector<std::string>& parameters,
                                       SteadyTime deadline, Rows& rows) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0) {
    return fail();
  }
  for (int unsent = PQflush(connection_.get()); unsent != 0; unsent = PQflush(connection_.get())) {
    if (unsent < 0) return fail();
    if (const auto outcome = wait_for_socket(POLLIN | POLLOUT, deadline);
        outcome != ConnectionOutcome::done)
      return outcome;
    if (!read_input()) return fail();
  }
  return read_results(deadline, rows);
}

ConnectionOutcome AsyncConnection::read_results(SteadyTime deadline, Rows& rows) {
  bool refused = false;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      if (const ConnectionOutcome outcome = wait_for_socket(POLLIN, deadline);
          outcome != ConnectionOutcome::done)
        return outcome;
      if (!read_input()) return fail();
    }
    const Result result(PQgetResult(connection_.get()), &PQclear);
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) {
      append_rows(result.get(), rows);
    } else if (status != PGRES_COMMAND_OK) {
      error_ = one_line(PQresultErrorMessage(result.get()));
      refused = true;
    }
  }
  return refused ? ConnectionOutcome::failed : ConnectionOutcome::done;
}

ConnectionOutcome AsyncConnection::wait_for_notification(SteadyTime deadline) {
  while (notifications_.empty()) {
    if (const ConnectionOutcome outcome = wait_for_socket(POLLIN, deadline);
        outcome != ConnectionOutcome::done)
      return outcome;
    if (!read_input()) return fail();
  }
  return ConnectionOutcome::done;
}

std::vector<Notification> AsyncConnection::take_notifications() {
  return std::exchange(notifications_, {});
}

}  // namespace mosaic
