#include "api/gateway/chat_history.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/exchange.hpp"
#include "api/gateway/chat_request.hpp"
#include "api/gateway/wake_outlook.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "http/http_client.hpp"
#include "http/http_error.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Response asleep() {
  return problem(409, problem_type::agent_asleep,
                 "Your agent is asleep, and its conversations with it.",
                 "Write to it, or start it, and ask again.");
}

Response agent_failed() {
  return problem(502, problem_type::agent_failed, "Your agent could not be asked.",
                 "Ask again in a moment; if it stays so, restart your agent.");
}

std::optional<HttpEndpoint> endpoint_of(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HttpEndpoint endpoint;
  endpoint.host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return endpoint;
}

// A message's text, whether it is a string or a list of parts.
std::string text_of(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end()) return {};
  if (content->is_string()) return content->get<std::string>();
  std::string text;
  if (!content->is_array()) return text;
  for (const auto& part : *content) {
    if (!part.is_object() || part.value("type", Json()) != "text") continue;
    const auto words = part.find("text");
    if (words != part.end() && words->is_string()) text += words->get<std::string>();
  }
  return text;
}

Json time_of(const Json& message) {
  const auto time = message.find("timestamp");
  if (time == message.end() || !time->is_number_integer()) return nullptr;
  const auto ms = time->get<std::int64_t>();
  constexpr std::int64_t end_of_time = 253'402'300'799'000;  // the year 9999
  if (ms < 0 || ms > end_of_time) return nullptr;
  return to_iso8601(TimePoint(std::chrono::milliseconds(ms)));
}

// Nothing when the agent's answer is not what OpenClaw's gateway answers.
std::optional<Json> spoken(const std::string& answer) {
  const auto body = Json::parse(answer, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  const auto listed = body.find("items");
  if (listed == body.end() || !listed->is_array()) return std::nullopt;
  auto items = Json::array();
  for (const auto& message : *listed) {
    if (!message.is_object()) continue;
    const auto role = message.value("role", Json());
    if (role != "user" && role != "assistant") continue;
    auto text = text_of(message);
    if (text.empty()) continue;
    items.push_back({{"role", role}, {"text", std::move(text)}, {"at", time_of(message)}});
  }
  return Json{{"items", std::move(items)}, {"hasMore", body.value("hasMore", Json()) == true}};
}

}  // namespace

ChatHistory::ChatHistory(SettingsStore& settings, const SecretBox& secrets,
                         ChatHistorySettings limits)
    : settings_(settings),
      secrets_(secrets),
      limits_(limits),
      slots_(limits.at_once, limits.waiting, limits.limit) {}

void ChatHistory::add_routes(GuardedRoutes& routes) {
  routes.add(
      "GET", "/api/conversations/{session}/messages", {Admission::signed_in, Scope::chat},
      [this](const Request& request, const Caller& caller) { return messages(request, caller); });
}

Response ChatHistory::messages(const Request& request, const Caller& caller) {
  const auto& session = request.parameters.at("session");
  if (!is_session_name(session)) return not_found_response();
  const auto row = settings_.find_user_agent(caller.account.id);
  if (!row || !is_reachable(*row)) return asleep();
  const auto slot = slots_.take();
  if (!slot) return busy_response();
  return ask(*row, session);
}

Response ChatHistory::ask(const AgentRow& row, const std::string& session) const {
  const auto endpoint = endpoint_of(row.status.endpoint);
  if (!endpoint) return agent_failed();
  try {
    HttpLimits http;
    http.body_bytes = limits_.bytes;
    http.idle_connections = 0;
    HttpClient client(*endpoint, http);
    HttpRequest request;
    request.target = "/sessions/" + percent_encode(session) +
                     "/history?limit=" + std::to_string(limits_.messages);
    request.fields = {{"Authorization", "Bearer " + secrets_.decrypt(row.gateway_token)},
                      {"Accept", "application/json"}};
    const auto answer = client.call(request, WaitLimit::in(limits_.limit));
    // Nothing was said in it yet.
    if (answer.status == 404)
      return json_response(200, Json{{"items", Json::array()}, {"hasMore", false}});
    if (answer.status != 200) return agent_failed();
    const auto body = spoken(answer.body);
    return body ? json_response(200, *body) : agent_failed();
  } catch (const HttpError&) {
    return agent_failed();  // it went to sleep just now, or does not answer in time
  }
}

}  // namespace mosaic
