// A chat completion as a client asks for it, and as the agent's gateway is asked in turn.
//
// Pure functions. Of the client's header nothing is passed on but what stands here: no credential, no cookie, nothing
// of a proxy, no x-openclaw-… field, nothing that Connection lists. The body goes on as it came, but for a model that
// the agent's gateway wants to hear of in a field of its own.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "api/http_message.hpp"

namespace mosaic {

struct ChatRequest {
  bool stream = false;
  std::string body;
  std::string model;    // "provider/id" for x-openclaw-model; empty: the agent's own
  std::string session;  // for x-openclaw-session-key; empty: none
};

// What x-mosaic-session may say: the name of a session of the caller's own agent.
bool is_session_name(std::string_view text);

// Takes the body out of `request`. The response says, as OpenAI would, why it cannot be taken.
std::variant<ChatRequest, Response> read_chat_request(Request& request);

// The head of the request to the agent. `token` and `endpoint` are the agent's.
std::string chat_request_head(const ChatRequest& chat, std::string_view endpoint,
                              std::string_view token, std::string_view request_id);

}  // namespace mosaic
