#include "api/gateway/chat_request.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/gateway/json_scan.hpp"
#include "api/gateway/openai_error.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_model_bytes = 200;
constexpr std::size_t max_session_bytes = 128;

// The names under which an agent's gateway knows the agent itself.
constexpr std::array<std::string_view, 4> own_models{"openclaw", "openclaw/default",
                                                     "openclaw/main", "openclaw:main"};

bool is_plain(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

Response refused(int status, std::string message, std::string_view code, std::string_view param) {
  OpenAiError error;
  error.status = status;
  error.message = std::move(message);
  error.code = code;
  error.param = param;
  return openai_error(error);
}

std::optional<Response> check_fields(const Request& request) {
  const auto type = request.field("content-type").value_or("");
  if (lower_case(type.substr(0, type.find_first_of("; \t"))) != "application/json")
    return refused(415, "The body must be JSON: send Content-Type: application/json.",
                   "wrong_content_type", "");
  if (request.field("upgrade") || request.lists("connection", "upgrade"))
    return refused(400, "This endpoint cannot be upgraded to another protocol.", "upgrade_refused",
                   "");
  return std::nullopt;
}

std::optional<Response> read_session(const Request& request, ChatRequest& chat) {
  const auto session = request.field("x-mosaic-session");
  if (!session) return std::nullopt;
  if (!is_session_name(*session))
    return refused(400,
                   "x-mosaic-session must be 1 to 128 letters, digits, dots, colons, dashes or "
                   "underscores.",
                   "invalid_value", "x-mosaic-session");
  chat.session = *session;
  return std::nullopt;
}

std::optional<Response> read_stream(std::string_view value, ChatRequest& chat) {
  chat.stream = value == "true";
  if (value.empty() || value == "true" || value == "false" || value == "null") return std::nullopt;
  return refused(400, "\"stream\" must be true or false.", "invalid_type", "stream");
}

std::optional<Response> read_model(std::string_view value, ChatRequest& chat) {
  if (value.empty() || value == "null") return std::nullopt;
  if (value.front() != '"')
    return refused(400, "\"model\" must be a string.", "invalid_type", "model");
  std::string name(value.substr(1, value.size() - 2));
  if (name.find('\\') != std::string::npos) {
    // Half of a surrogate pair stands for no text; what it stands in is no model's name.
    const auto decoded = nlohmann::json::parse(value, nullptr, false);
    name = decoded.is_string() ? decoded.get<std::string>() : "?";
  }
  if (std::find(own_models.begin(), own_models.end(), name) != own_models.end())
    return std::nullopt;
  const bool could_be = name.find('/') != std::string::npos && !name.starts_with("openclaw") &&
                        name.size() <= max_model_bytes && is_plain(name, "._:/@+-");
  if (!could_be)
    return refused(404,
                   "The model `" + name.substr(0, max_model_bytes) +
                       "` does not exist. Use \"openclaw\", or a model of your agent written as "
                       "PROVIDER/MODEL; GET /v1/models lists them.",
                   "model_not_found", "model");
  chat.model = std::move(name);
  return std::nullopt;
}

}  // namespace

bool is_session_name(std::string_view text) {
  return !text.empty() && text.size() <= max_session_bytes && is_plain(text, "._:-");
}

std::variant<ChatRequest, Response> read_chat_request(Request& request) {
  if (auto refusal = check_fields(request)) return std::move(*refusal);
  ChatRequest chat;
  if (auto refusal = read_session(request, chat)) return std::move(*refusal);
  std::array<JsonMember, 2> members{{{"stream", {}}, {"model", {}}}};
  const auto& [stream, model] = members;
  if (!scan_json_object(request.body, members))
    return refused(400, "The body is not a JSON object that can be read in one way only.",
                   "invalid_json", "");
  auto refusal = read_stream(stream.value, chat);
  if (!refusal) refusal = read_model(model.value, chat);
  if (refusal) return std::move(*refusal);
  const auto model_at = model.value.data() - request.body.data();
  const auto model_bytes = model.value.size();
  chat.body = std::move(request.body);
  if (!chat.model.empty())
    chat.body.replace(static_cast<std::size_t>(model_at), model_bytes, "\"openclaw\"");
  return chat;
}

std::string chat_request_head(const ChatRequest& chat, std::string_view endpoint,
                              std::string_view token, std::string_view request_id) {
  std::string head;
  head.reserve(512);
  head.append("POST /v1/chat/completions HTTP/1.1\r\nHost: ").append(endpoint);
  head.append("\r\nAuthorization: Bearer ").append(token);
  head.append("\r\nContent-Type: application/json\r\nAccept: ");
  head.append(chat.stream ? "text/event-stream" : "application/json");
  head.append("\r\nContent-Length: ").append(std::to_string(chat.body.size()));
  if (!chat.model.empty()) head.append("\r\nx-openclaw-model: ").append(chat.model);
  if (!chat.session.empty()) head.append("\r\nx-openclaw-session-key: ").append(chat.session);
  head.append("\r\nX-Request-Id: ").append(request_id).append("\r\n\r\n");
  return head;
}

}  // namespace mosaic
