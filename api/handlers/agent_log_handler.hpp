// GET /api/container/log: what the caller's own agent has written, which may hold what was said to it: so for its owner
// alone, with the scope of a chat, and no route asks for anybody else's.
//
// The API holds no engine's socket: the question goes to the controller through the database, and the answer comes back
// encrypted, for a minute. Wakes nobody; an agent without a process still has the lines of its last one. Blocks until the
// answer is there, within a limit and a few at a time, so that the server's other workers stay free. Thread-safe; what it
// is given outlives it. Throws StoreError.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "api/access.hpp"
#include "api/auth/work_slots.hpp"
#include "secrets/secret_box.hpp"
#include "store/question_store.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

struct AgentLogSettings {
  std::chrono::milliseconds limit{20'000};  // for the controller's answer
  std::chrono::milliseconds look_every{100};
  int lines = 100;  // unless said otherwise
  int most_lines = 1000;
  std::size_t at_once = 2;
  std::size_t waiting = 16;
};

class AgentLogHandler {
 public:
  AgentLogHandler(QuestionAsker& questions, SettingsStore& settings, const SecretBox& secrets,
                  AgentLogSettings limits = {});

  void add_routes(GuardedRoutes& routes);

 private:
  Response log(const Request& request, const Caller& caller);
  Response ask(const LogQuestion& question, const AgentRow& row);
  std::optional<std::string> wait_for_answer(const LogQuestion& question);

  QuestionAsker& questions_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  const AgentLogSettings limits_;
  WorkSlots slots_;
};

}  // namespace mosaic
