// Connections to agents, kept for the next request.
//
// One pool per I/O loop, used on its thread alone. A connection that lies idle is watched: it is forgotten when the
// agent closes it or says anything that nobody asked for. Bounded per agent and in total; the least recently used goes.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/connection.hpp"

namespace mosaic {

class UpstreamPool final : public boost::asio::execution_context::service {
 public:
  using key_type = UpstreamPool;
  static boost::asio::execution_context::id id;

  explicit UpstreamPool(boost::asio::execution_context& loop);

  // The pool of the loop that this executor runs on.
  static UpstreamPool& of(const boost::asio::any_io_executor& executor);

  // `process`: one process of an agent, so that no connection outlives it. Nothing when none is idle.
  std::shared_ptr<Connection> take_idle(const std::string& process);
  // For a connection whose last answer was read to its end, and that both sides want to keep.
  void keep(const std::string& process, std::shared_ptr<Connection> connection);

  std::size_t idle() const { return entries_.size(); }

 private:
  struct Entry {
    std::string process;
    std::shared_ptr<Connection> connection;
  };
  using Entries = std::list<Entry>;

  void shutdown() override;
  void forget(const Connection& connection);
  void close(Entries::iterator entry);
  void remove(Entries::iterator entry);

  Entries entries_;  // most recently used first
  std::unordered_map<std::string, std::vector<Entries::iterator>> by_process_;  // latest last
};

}  // namespace mosaic
