// One API process as far as it decides who is kept awake (S3): the production ledger and desk, and people who chat.
//
// Destroyed only when nothing of it is on the stack, see Process::on_stack.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/gateway/activity_ledger.hpp"
#include "api/gateway/agent_desk.hpp"
#include "test/api/gateway_doubles.hpp"
#include "test/simulation/invariants.hpp"
#include "test/simulation/process_settings.hpp"
#include "test/simulation/process_store.hpp"

namespace mosaic::simulation {

struct GatewayWorld {
  const Clock& clock;
  FakeStore& store;
  FakeSettingsStore& settings;
  const SecretBox& box;
  Interruptions& interruptions;
  Invariants& invariants;
  std::function<std::string(const std::string& owner)> next_id;
};

class GatewayProcess {
 public:
  GatewayProcess(const GatewayWorld& world, const std::string& name);
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;
  GatewayProcess& operator=(const GatewayProcess&) = delete;

  Process& process() { return process_; }

  // Somebody's turn: begins as soon as there is a seat for it, and ends by leave(), whether it had one or not.
  void chat(int number, const std::string& owner);
  void leave(int number);
  std::size_t chats() const { return chats_.size(); }
  std::size_t seats_given() const { return seats_given_; }

  bool step(unsigned choice);
  SteadyTime next_due() const;
  StatusListener& status_listener() { return desk_; }

 private:
  struct Chat {
    std::optional<AgentSeat> seat;
    AgentDesk::Ticket ticket;
  };

  void seated(int number, AgentSeat seat);
  bool tick();
  bool look();

  const GatewayWorld world_;
  Process process_;
  ProcessStore store_;
  ProcessSettings settings_;
  ManualExecutor executor_;
  ActivityLedger ledger_;
  AgentDesk desk_;
  std::map<int, Chat> chats_;
  std::size_t seats_given_ = 0;
  bool ticking_ = false;
  SteadyTime next_tick_{};
};

}  // namespace mosaic::simulation
