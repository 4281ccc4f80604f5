#include "api/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "api/connection_limit.hpp"
#include "api/session.hpp"
#include "api/worker_pool.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds accept_retry{100};

// For a connection that is one too many: said if that is possible without waiting, then closed.
void turn_away(tcp::socket socket) {
  constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: "
      "0\r\n\r\n";
  error_code error;  // whether the peer hears of it makes no difference
  socket.non_blocking(true, error);
  socket.write_some(asio::buffer(text), error);
  socket.shutdown(tcp::socket::shutdown_both, error);
  socket.close(error);
}

std::string peer_of(const tcp::socket& socket, error_code& error) {
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

}  // namespace

class HttpServer::Implementation {
 public:
  Implementation(ServerLimits limits, std::vector<Listener> listeners, Logger log)
      : limits_(limits),
        listeners_(std::move(listeners)),
        log_(std::move(log)),
        connection_limit_(limits.connections, limits.connections_per_address) {
    constexpr int one_thread = 1;
    for (std::size_t i = 0; i < std::max<std::size_t>(limits.io_threads, 1); ++i)
      loops_.push_back(std::make_unique<asio::io_context>(one_thread));
  }

  // A server that cannot be stopped ends the process: its threads use what is about to go.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  ~Implementation() { stop(); }

  void start();
  void stop();
  std::vector<std::uint16_t> ports() const;
  std::size_t open_connections() const { return connection_limit_.open(); }

 private:
  void listen(const Listener& listener);
  asio::awaitable<void> accept(std::size_t index);
  void begin_session(tcp::socket socket, const Listener& listener);
  void end_session(std::uint64_t number, const std::exception_ptr& failure);
  void for_each_session(const std::function<void(ServedConnection&)>& visit);
  bool wait_for_sessions(std::chrono::milliseconds limit);
  void log_failure(const std::exception_ptr& failure) const;

  const ServerLimits limits_;
  const std::vector<Listener> listeners_;
  const Logger log_;
  std::atomic<bool> stopping_{false};
  ConnectionLimit connection_limit_;
  // One thread each, and every connection stays with one: nothing of it needs a lock or a strand.
  std::vector<std::unique_ptr<asio::io_context>> loops_;
  std::size_t next_loop_ = 0;  // of the acceptors' thread
  std::optional<WorkerPool> workers_;
  std::vector<tcp::acceptor> acceptors_;
  std::vector<std::uint16_t> ports_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> keep_running_;
  std::vector<std::thread> io_threads_;

  std::mutex sessions_mutex_;
  std::condition_variable sessions_changed_;
  std::map<std::uint64_t, std::shared_ptr<ServedConnection>> sessions_;
  std::uint64_t next_session_ = 0;
  std::once_flag stopped_;
};

void HttpServer::Implementation::listen(const Listener& listener) {
  const auto fail = [&](const error_code& error) {
    throw std::runtime_error("cannot listen on " + listener.address + " port " +
                             std::to_string(listener.port) + ": " + error.message() +
                             "; choose another address or port, or stop the program that uses it");
  };
  error_code error;
  const auto address = asio::ip::make_address(listener.address, error);
  if (error) fail(error);
  const tcp::endpoint endpoint(address, listener.port);
  // Acceptors all live with the first loop: stop() closes them there.
  tcp::acceptor acceptor(*loops_.front());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) fail(error);
  ports_.push_back(acceptor.local_endpoint().port());
  acceptors_.push_back(std::move(acceptor));
}

void HttpServer::Implementation::start() {
  try {
    for (const auto& listener : listeners_) listen(listener);
  } catch (...) {
    acceptors_.clear();
    ports_.clear();
    throw;
  }
  workers_.emplace(limits_.workers, limits_.queued_requests);
  for (const auto& loop : loops_) keep_running_.push_back(asio::make_work_guard(*loop));
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    asio::co_spawn(acceptors_[i].get_executor(), accept(i),
                   [this](const std::exception_ptr& failure) { log_failure(failure); });
  }
  for (const auto& loop : loops_) io_threads_.emplace_back([&loop = *loop] { loop.run(); });
}

std::vector<std::uint16_t> HttpServer::Implementation::ports() const { return ports_; }

// Ends only when the acceptor is closed. Out of descriptors or memory: waits a little, because the
// listener would otherwise report the same connection again at once.
asio::awaitable<void> HttpServer::Implementation::accept(std::size_t index) {
  auto& acceptor = acceptors_[index];
  const auto& listener = listeners_[index];
  asio::steady_timer pause(acceptor.get_executor());
  while (!stopping_) {
    error_code error;
    tcp::socket socket(*loops_[next_loop_]);
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (!error) {
      next_loop_ = (next_loop_ + 1) % loops_.size();
      begin_session(std::move(socket), listener);
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    log_.warning("a connection could not be accepted", {{Field::error, error.message()}});
    pause.expires_after(accept_retry);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

void HttpServer::Implementation::begin_session(tcp::socket socket, const Listener& listener) {
  error_code error;
  auto peer = peer_of(socket, error);
  if (error) return;  // gone already
  const auto allowed = [&](const AddressRange& range) { return range.contains(peer); };
  if (!listener.peers.empty() &&
      std::none_of(listener.peers.begin(), listener.peers.end(), allowed)) {
    log_.debug("turned away a peer outside of the listener's range", {{Field::remote, peer}});
    return;
  }
  const auto* proxies = listener.proxies.include(peer) ? &listener.proxies : nullptr;
  auto lease = proxies != nullptr ? connection_limit_.try_acquire_for_proxy()
                                  : connection_limit_.try_acquire(peer);
  if (!lease) return turn_away(std::move(socket));
  socket.set_option(tcp::no_delay(true), error);
  const SessionContext context{limits_, connection_limit_, *workers_, log_, stopping_};
  std::shared_ptr<ServedConnection> session;
  if (listener.service) {
    session =
        listener.service->take(context, std::move(socket), std::move(peer), std::move(*lease));
  } else {
    session =
        std::make_shared<HttpSession>(context, std::move(socket), listener.router,
                                      SessionPeer{std::move(peer), proxies}, std::move(*lease));
  }
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(sessions_mutex_);
    number = next_session_++;
    sessions_[number] = session;
  }
  asio::co_spawn(
      session->executor(), session->run(),
      [this, number](const std::exception_ptr& failure) { end_session(number, failure); });
  // stop() may have looked at the sessions just before this one was there.
  if (stopping_) session->wind_down();
}

void HttpServer::Implementation::end_session(std::uint64_t number,
                                             const std::exception_ptr& failure) {
  log_failure(failure);
  std::shared_ptr<ServedConnection> ended;  // destroyed outside of the lock
  {
    const std::lock_guard lock(sessions_mutex_);
    const auto found = sessions_.find(number);
    ended = std::move(found->second);
    sessions_.erase(found);
  }
  ended.reset();
  sessions_changed_.notify_all();
}

void HttpServer::Implementation::log_failure(const std::exception_ptr& failure) const {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log_.error("a connection ended unexpectedly", {{Field::error, error.what()}});
  }
}

void HttpServer::Implementation::for_each_session(
    const std::function<void(ServedConnection&)>& visit) {
  const std::lock_guard lock(sessions_mutex_);
  for (const auto& entry : sessions_) visit(*entry.second);
}

bool HttpServer::Implementation::wait_for_sessions(std::chrono::milliseconds limit) {
  std::unique_lock lock(sessions_mutex_);
  return sessions_changed_.wait_for(lock, limit, [this] { return sessions_.empty(); });
}

void HttpServer::Implementation::stop() {
  std::call_once(stopped_, [this] {
    stopping_ = true;
    for (auto& acceptor : acceptors_) {
      asio::post(acceptor.get_executor(), [&acceptor] {
        error_code ignored;  // closed is closed
        acceptor.close(ignored);
      });
    }
    for_each_session([](ServedConnection& session) { session.wind_down(); });
    if (!wait_for_sessions(limits_.drain_timeout)) {
      log_.warning("closing connections whose requests did not end in time",
                   {{Field::count, open_connections()}});
      for_each_session([](ServedConnection& session) { session.close(); });
    }
    if (workers_)
      workers_->stop();  // waits for handlers; their answers are posted before it returns
    constexpr std::chrono::milliseconds last_moment{2'000};
    wait_for_sessions(last_moment);
    keep_running_.clear();
    for (const auto& loop : loops_) loop->stop();
    for (auto& thread : io_threads_) thread.join();
    for (auto& acceptor : acceptors_) {
      error_code ignored;  // most likely closed above already
      acceptor.close(ignored);
    }
    const std::lock_guard lock(sessions_mutex_);
    sessions_.clear();
  });
}

HttpServer::HttpServer(ServerLimits limits, std::vector<Listener> listeners, Logger log)
    : implementation_(
          std::make_unique<Implementation>(limits, std::move(listeners), std::move(log))) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() { implementation_->start(); }

std::vector<std::uint16_t> HttpServer::ports() const { return implementation_->ports(); }

std::size_t HttpServer::open_connections() const { return implementation_->open_connections(); }

void HttpServer::stop() { implementation_->stop(); }

}  // namespace mosaic
