// What the server does with a connection that it accepted, whatever is spoken on it. Private to the server and to those
// who speak something else than our HTTP (the egress proxy).
//
// All members run on the thread of the connection's executor, except those said otherwise. The context outlives every
// connection.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "api/connection_limit.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"

namespace mosaic {

// What all connections of a server share.
struct SessionContext {
  const ServerLimits& limits;
  ConnectionLimit& connections;
  WorkerPool& workers;
  const Logger& log;
  std::atomic<bool>& stopping;
};

// Waits on the caller's executor until the task has run on a worker. False: the queue is full and
// it never will.
boost::asio::awaitable<bool> run_on_worker(WorkerPool& workers, std::function<void()> task);

class ServedConnection {
 public:
  virtual ~ServedConnection() = default;

  virtual boost::asio::any_io_executor executor() = 0;
  // Until the connection is over.
  virtual boost::asio::awaitable<void> run() = 0;

  // From any thread: close() ends it now, wind_down() when nothing is lost by it.
  virtual void close() = 0;
  virtual void wind_down() = 0;
};

class ConnectionService {
 public:
  virtual ~ConnectionService() = default;
  // Called on the acceptor's thread.
  virtual std::shared_ptr<ServedConnection> take(const SessionContext& context,
                                                 boost::asio::ip::tcp::socket socket,
                                                 std::string peer,
                                                 ConnectionLimit::Lease lease) = 0;
};

}  // namespace mosaic
