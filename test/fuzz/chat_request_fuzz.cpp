// A chat on its way to an agent. First line: the client's x-mosaic-session; the rest: its body. What is passed on is the
// JSON that came, but for the model's name, and a head of which the client has written no line.
#include "api/gateway/chat_request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/http_guard.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

using Json = nlohmann::json;

void check_refusal(const Response& response) {
  require(response.status >= 400 && response.status < 500, "a refusal blames the request");
  const auto body = Json::parse(response.body, nullptr, false);
  require(body.is_object() && body.contains("error") && body["error"]["message"].is_string(),
          "a refusal is as OpenAI's");
}

void check_body(const std::string& asked, const ChatRequest& chat) {
  auto before = Json::parse(asked, nullptr, false);
  const auto after = Json::parse(chat.body, nullptr, false);
  // Half a surrogate pair is JSON to the grammar and no text to Unicode: that library refuses it.
  require(before.is_discarded() == after.is_discarded(), "what is JSON stays JSON");
  if (before.is_discarded()) return;
  require(before.is_object(), "a chat is a JSON object");
  const auto stream = before.find("stream");
  const bool streams = stream != before.end() && stream->is_boolean() && stream->get<bool>();
  require(chat.stream == streams, "a stream is what everybody reads as one");
  if (!chat.model.empty()) {
    require(before["model"] == chat.model, "the model is the one that was asked for");
    before["model"] = "openclaw";
  }
  require(before == after, "but for the model, the body is as it came");
}

void check_head(const ChatRequest& chat) {
  const auto text = chat_request_head(chat, "10.89.0.2:18789", "tok", "req-1");
  const auto verdict = check_request_head(text, HeadLimits{});
  const auto* head = std::get_if<RequestHead>(&verdict);
  require(head != nullptr, "the request to an agent is one that we would take ourselves");
  require(head->content_length == chat.body.size() && !head->chunked, "the body's length is right");
  const std::size_t fields = 6U + (chat.model.empty() ? 0 : 1) + (chat.session.empty() ? 0 : 1);
  require(head->fields.size() == fields, "nobody adds a field");
  for (const auto& field : head->fields) {
    require(field.name != "authorization" || field.value == "Bearer tok", "the token is ours");
    require(field.name != "x-openclaw-model" || field.value == chat.model,
            "the model is named once");
  }
}

}  // namespace

void try_input(std::string_view input) {
  Request request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.fields = {{"content-type", "application/json"}};
  const auto session = take_line(input);
  if (!session.empty()) request.fields.push_back({"x-mosaic-session", std::string(session)});
  request.body = input;
  const auto read = read_chat_request(request);
  if (const auto* refusal = std::get_if<Response>(&read)) return check_refusal(*refusal);
  const auto& chat = std::get<ChatRequest>(read);
  check_body(std::string(input), chat);
  check_head(chat);
}

}  // namespace mosaic::test
