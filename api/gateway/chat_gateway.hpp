// The chat gateway: POST /v1/chat/completions and GET /v1/models, as OpenAI's clients know them, answered by the
// caller's own agent.
//
// The routes run on the server's threads; what they are given outlives the router. An agent's gateway token goes to
// that agent alone, and nothing of a client's header but what gateway/chat_request.hpp lists goes to an agent. A turn ends
// once its caller would no longer be admitted.
#pragma once

#include <chrono>

#include "api/gateway/agent_desk.hpp"
#include "api/gateway/chat_turns.hpp"
#include "api/router.hpp"
#include "api/standing_rights.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "telemetry/metric_handles.hpp"

namespace mosaic {

struct ChatSettings {
  std::chrono::milliseconds hold_limit{
      60'000};  // how long a request without a stream waits for its agent
  std::chrono::milliseconds stream_wake_limit{
      600'000};                               // and one with a stream, which hears how it goes
  std::chrono::milliseconds quiet_wake{300};  // a wake that is over sooner goes without a word
  std::chrono::milliseconds comment_interval{15'000};
  std::chrono::milliseconds connect_limit{3'000};
  std::chrono::milliseconds send_limit{30'000};
  std::chrono::milliseconds silence_limit{
      600'000};  // an agent that says nothing for longer is given up
};

struct ChatParts {
  StandingRights& rights;
  AgentDesk& desk;
  ChatTurns& turns;
  SettingsStore& settings;
  const SecretBox& secrets;
  ChatMetrics metrics;
};

void add_chat_routes(Router& router, const ChatParts& parts, ChatSettings settings = {});

}  // namespace mosaic
