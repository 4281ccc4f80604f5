// What was said in one of the caller's conversations, as their own agent's session has it:
// GET /api/conversations/{session}/messages, the session being what X-Mosaic-Session named in the chat.
//
// Wakes nobody and counts as no use: an agent that is asleep is a 409 that says so. Only what people and their agent said
// to each other is passed on, no tools' calls and no thoughts. Blocks on the agent, within a limit and a few at a time, so
// that slow agents leave the server its workers. Thread-safe; what it is given outlives it.
#pragma once

#include <chrono>
#include <cstddef>

#include "api/access.hpp"
#include "api/auth/work_slots.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

struct ChatHistorySettings {
  std::chrono::milliseconds limit{5'000};  // for the agent's answer
  std::size_t messages = 200;              // the latest
  std::size_t bytes = 4U * 1024 * 1024;    // of the agent's answer
  std::size_t at_once = 2;                 // requests that wait for agents
  std::size_t waiting = 16;
};

class ChatHistory {
 public:
  ChatHistory(SettingsStore& settings, const SecretBox& secrets, ChatHistorySettings limits = {});

  void add_routes(GuardedRoutes& routes);

 private:
  Response messages(const Request& request, const Caller& caller);
  Response ask(const AgentRow& row, const std::string& session) const;

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChatHistorySettings limits_;
  WorkSlots slots_;
};

}  // namespace mosaic
