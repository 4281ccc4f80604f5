// One database server as the stores share it: its address and a bounded pool of connections.
//
// Thread-safety: every method may be called from any thread. Connections are opened when first
// needed, so an object can be made while the server is away; a connection that broke is thrown away
// and never handed out again.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic {

struct DatabaseOptions {
  std::string url;      // postgresql://… or "host=… dbname=…"
  int connections = 4;  // one per worker that may wait for an answer
  Duration connect_timeout = std::chrono::seconds(5);
  Duration acquire_timeout = std::chrono::seconds(5);  // for a free connection
  Duration statement_timeout = std::chrono::seconds(10);
  // Beyond the statement's own time-out: a server that does not even say that it took too long stands still, and the
  // connection is given up.
  Duration answer_grace = std::chrono::seconds(5);
  // Told how long each operation waited for a free connection; may be called from any thread and must not block.
  std::function<void(std::chrono::steady_clock::duration)> on_acquired;
  std::string application_name = "mosaic";  // as pg_stat_activity shows it
  std::string role;  // as which every connection acts from its first statement; empty: as its login
  std::string
      schema;  // of the tables, unless the address names one; empty: where the login's search path leads
};

class ConnectionPool;

class Database {
 public:
  // Throws StoreError when `options.url` cannot be understood; does not connect.
  explicit Database(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One round trip. Throws StoreError, with one line that says why the server cannot be used.
  void ping();

  ConnectionPool& pool() { return *pool_; }

 private:
  std::unique_ptr<ConnectionPool> pool_;
};

}  // namespace mosaic
