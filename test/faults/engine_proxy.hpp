// Stands in front of the engine's socket and spoils what goes through it: a call can be cut before the engine hears of
// it, its answer lost or changed, all of it frozen or refused, and events lost, doubled and reordered.
//
// Thread-safety: every method may be called from any thread. Judges and the event filter run on the threads of the
// connections, several at a time, and may block: the call then waits.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "http/http_client.hpp"
#include "test/runtime/docker_test_server.hpp"

namespace mosaic::faults {

struct EngineCall {
  int number = 0;  // among all calls of this proxy, from 1
  std::string method;
  std::string target;  // without the version: "/containers/create?name=x"
  std::string request_body;
  int status = 0;      // once answered
  std::string answer;  // once answered; may be changed

  bool changes_something() const { return method != "GET" && method != "HEAD"; }
  bool is(const std::string& wanted_method, const std::string& part_of_target) const {
    return method == wanted_method && target.find(part_of_target) != std::string::npos;
  }
};

enum class Fate { pass, cut };  // cut: the connection ends without a further byte

class EngineProxy {
 public:
  using Judge = std::function<Fate(EngineCall&)>;
  using EventFilter = std::function<std::vector<std::string>(const std::string& line)>;

  // `engine` and url(): "unix:///PATH".
  explicit EngineProxy(const std::string& engine);
  ~EngineProxy();
  EngineProxy(const EngineProxy&) = delete;
  EngineProxy& operator=(const EngineProxy&) = delete;

  std::string url() const { return server_.url(); }

  void before(Judge judge);  // asked before the engine hears of a call
  void after(Judge judge);   // asked once the engine has answered
  void filter_events(EventFilter filter);
  void pass_everything();  // none of the three, nothing frozen or refused

  void cut();                // every connection that is open
  void refuse(bool refuse);  // with what is open cut: as if no engine were there
  void freeze(bool freeze);  // no call goes on, no connection ends

  int calls() const { return calls_; }
  std::vector<EngineCall> changes() const;  // that the engine was told, in order; without bodies

 private:
  using Connection = DockerTestServer::Connection;

  void serve(Connection& connection);
  bool forward(Connection& connection, const std::string& request);
  void stream_events(Connection& connection, const HttpRequest& request);
  bool allowed(EngineCall& call, const Judge EngineProxy::*judge);
  void wait_while_frozen();
  void note(const EngineCall& call);

  HttpClient engine_;
  Interrupt ending_;
  std::atomic<int> calls_{0};
  std::atomic<bool> refusing_{false};
  mutable std::mutex mutex_;
  std::condition_variable thawed_;
  bool frozen_ = false;
  bool ended_ = false;
  Judge before_;
  Judge after_;
  EventFilter events_;
  std::vector<EngineCall> changes_;
  std::set<Connection*> open_;
  DockerTestServer server_;  // last: its threads use everything above
};

}  // namespace mosaic::faults
