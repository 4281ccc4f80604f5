// Stands in front of Postgres and spoils what goes through it: a statement can be cut before the server hears of it or
// its answer be lost, all of it frozen or refused, notifications dropped, rows left out of answers, and the server behind
// it exchanged for another one. It reads the messages of the protocol (version 3), without TLS.
//
// Thread-safety: every method may be called from any thread. Judges run on the threads of the connections, several at a
// time, and may block: the connection then waits.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/wait_limit.hpp"
#include "test/faults/engine_proxy.hpp"

namespace mosaic::faults {

struct DatabaseCall {
  int number = 0;         // among all calls of this proxy, from 1
  std::string statement;  // SQL of a simple query, else the name of the prepared statement
  std::string outcome;    // "UPDATE 1", once answered; of several commands the last one's

  bool is(const std::string& part) const { return statement.find(part) != std::string::npos; }
  bool changed_a_row() const { return outcome.ends_with(" 1"); }
};

class DatabaseProxy {
 public:
  using Judge = std::function<Fate(DatabaseCall&)>;

  // `server`: "postgresql://USER@HOST:PORT/DATABASE"; url() is the same with our own address.
  explicit DatabaseProxy(const std::string& server);
  ~DatabaseProxy();
  DatabaseProxy(const DatabaseProxy&) = delete;
  DatabaseProxy& operator=(const DatabaseProxy&) = delete;

  std::string url() const;

  void before(Judge judge);  // asked before the server hears of a statement
  void after(Judge judge);   // asked once the server has answered
  void drop_notifications(bool drop) { dropping_notifications_ = drop; }
  void leave_out_rows_with(const std::string& text);  // empty: none
  void pass_everything();

  void cut();                // every connection that is open
  void cut_listeners();      // those that sent LISTEN
  void refuse(bool refuse);  // with what is open cut: as if no server were there
  void freeze(bool freeze);  // nothing passes either way, no connection ends
  void move_to(int port);    // from now on new connections reach another server on this machine

  int calls() const { return calls_; }
  int notifications_dropped() const { return notifications_dropped_; }

 private:
  struct Connection;

  void accept_all();
  void serve(Connection& connection);
  bool greet(Connection& connection);
  bool take_from_client(Connection& connection);
  bool take_from_server(Connection& connection);
  bool judge_call(Connection& connection, const Judge DatabaseProxy::*judge);
  bool is_left_out(char type, const std::string& message);
  void cut_those(const std::function<bool(const Connection&)>& chosen);

  const std::string server_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> server_port_;
  std::atomic<int> calls_{0};
  std::atomic<int> notifications_dropped_{0};
  std::atomic<bool> refusing_{false};
  std::atomic<bool> frozen_{false};
  std::atomic<bool> dropping_notifications_{false};
  Interrupt ending_;
  std::mutex mutex_;
  Judge before_;
  Judge after_;
  std::string left_out_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread accepting_;
};

}  // namespace mosaic::faults
