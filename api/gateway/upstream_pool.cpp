#include "api/gateway/upstream_pool.hpp"

#include <algorithm>
#include <boost/asio/query.hpp>
#include <utility>

namespace mosaic {
namespace {

namespace asio = boost::asio;

constexpr std::size_t max_idle = 512;
constexpr std::size_t max_idle_per_agent = 128;

}  // namespace

asio::execution_context::id UpstreamPool::id;

UpstreamPool::UpstreamPool(asio::execution_context& loop) : service(loop) {}

UpstreamPool& UpstreamPool::of(const asio::any_io_executor& executor) {
  return asio::use_service<UpstreamPool>(asio::query(executor, asio::execution::context));
}

std::shared_ptr<Connection> UpstreamPool::take_idle(const std::string& process) {
  const auto found = by_process_.find(process);
  if (found == by_process_.end()) return nullptr;
  const auto entry = found->second.back();
  auto connection = entry->connection;
  remove(entry);
  connection->unwatch();
  return connection;
}

void UpstreamPool::keep(const std::string& process, std::shared_ptr<Connection> connection) {
  if (connection->ended() || !connection->input().empty()) return;
  auto& same = by_process_[process];
  if (same.size() >= max_idle_per_agent) {
    close(same.front());
    return keep(process, std::move(connection));
  }
  entries_.push_front({process, connection});
  same.push_back(entries_.begin());
  connection->watch_silence([this, raw = connection.get()] { forget(*raw); });
  if (entries_.size() > max_idle) close(std::prev(entries_.end()));
}

void UpstreamPool::forget(const Connection& connection) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.connection.get() == &connection;
  });
  if (found == entries_.end()) return;
  close(found);
}

void UpstreamPool::close(Entries::iterator entry) {
  const auto connection = entry->connection;
  remove(entry);
  connection->close();
}

void UpstreamPool::remove(Entries::iterator entry) {
  const auto found = by_process_.find(entry->process);
  auto& same = found->second;
  same.erase(std::find(same.begin(), same.end(), entry));
  if (same.empty()) by_process_.erase(found);
  entry->connection->unwatch();
  entries_.erase(entry);
}

// The loop is going: what is idle goes with it.
void UpstreamPool::shutdown() {
  for (auto& entry : entries_) entry.connection->unwatch();
  by_process_.clear();
  entries_.clear();
}

}  // namespace mosaic
