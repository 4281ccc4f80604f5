// The thinking half of the chat gateway, assembled as a process uses it: ledger, desk and turns, the threads on which
// they ask the store, and what gives them their time. The chat routes and the composition root take it from here.
//
// Order: construct; hand status_listener() to a NotificationListener; start(); serve; close(), which turns away whoever
// waits and so lets the server drain; end the server and the listener; stop(). What it is given outlives it. The
// accessors may be used from any thread between construction and stop().
#pragma once

#include <functional>
#include <string>

#include "api/gateway/activity_ledger.hpp"
#include "api/gateway/agent_desk.hpp"
#include "api/gateway/chat_turns.hpp"
#include "api/gateway/ticker.hpp"
#include "api/worker_pool.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

struct GatewayPartsSettings {
  ActivitySettings activity;
  DeskSettings desk;
  ChatTurnSettings turns;
  // For the store alone: as many connections of its pool may be in use for the gateway at the same time.
  std::size_t store_threads = 4;
  std::size_t queued_store_work = 4'096;
};

struct GatewayPartsNeeds {
  const Clock& clock;
  DesiredStateWriter& desired;
  SettingsStore& settings;
  AccountStore& accounts;
  const SecretBox& secrets;
  std::function<void(const std::string& line)>
      report;  // one line that an operator should read; may be empty
};

class GatewayParts {
 public:
  explicit GatewayParts(const GatewayPartsNeeds& needs, const GatewayPartsSettings& settings = {});
  ~GatewayParts();
  GatewayParts(const GatewayParts&) = delete;
  GatewayParts& operator=(const GatewayParts&) = delete;

  ActivityLedger& ledger() { return ledger_; }
  AgentDesk& desk() { return desk_; }
  ChatTurns& turns() { return turns_; }
  StatusListener& status_listener() { return desk_; }
  // Where the store may be waited for.
  BlockingExecutor executor();

  void start();
  void close();
  void stop();

 private:
  const std::function<void(const std::string&)> report_;
  WorkerPool store_work_;
  ActivityLedger ledger_;
  AgentDesk desk_;
  ChatTurns turns_;
  // Two, because the ledger's waits for the store and the desk's must not.
  Ticker desk_ticker_;
  Ticker store_ticker_;
  bool stopped_ = false;
};

}  // namespace mosaic
