#include "store/connection_pool.hpp"

#include "store/connection_string.hpp"

namespace mosaic {

ConnectionPool::ConnectionPool(const DatabaseOptions& options)
    : options_(options), connection_string_(libpq_connection_string(options)) {}

std::unique_ptr<Session> ConnectionPool::open() {
  try {
    return std::make_unique<Session>(connection_string_);
  } catch (const pqxx::failure& error) {
    throw StoreError("cannot connect to the database: " + one_line(error.what()));
  }
}

StoreError ConnectionPool::stands_still(std::string_view operation, Duration time_out) const {
  return StoreError("the database has not answered '" + std::string(operation) + "' for " +
                    to_human(time_out + options_.answer_grace) +
                    ": it stands still; look at its host, and restart it when it hangs");
}

void ConnectionPool::wait_for_a_free_one(std::unique_lock<std::mutex>& lock) {
  const SteadyTime begin = std::chrono::steady_clock::now();
  const bool free = freed_.wait_for(lock, options_.acquire_timeout,
                                    [&] { return in_use_ < options_.connections; });
  if (options_.on_acquired) options_.on_acquired(std::chrono::steady_clock::now() - begin);
  if (free) return;
  throw StoreError("all " + std::to_string(options_.connections) +
                   " database connections have been busy for " +
                   to_human(options_.acquire_timeout));
}

std::unique_ptr<Session> ConnectionPool::acquire() {
  {
    std::unique_lock lock(mutex_);
    wait_for_a_free_one(lock);
    ++in_use_;
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  try {
    return open();
  } catch (...) {
    release(nullptr);
    throw;
  }
}

void ConnectionPool::release(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (session) idle_.push_back(std::move(session));
  }
  freed_.notify_one();
}

void ConnectionPool::discard_idle() {
  std::vector<std::unique_ptr<Session>> discarded;
  const std::lock_guard lock(mutex_);
  discarded.swap(idle_);
}

}  // namespace mosaic
