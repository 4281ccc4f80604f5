#include "api/handlers/agent_log_handler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "api/exchange.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

// The "at" of a line, as the engine writes it.
bool is_line_time(const std::string& text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000000Z";
  if (text.size() != shape.size()) return false;
  return std::equal(text.begin(), text.end(), shape.begin(), [](char given, char wanted) {
    return wanted == '0' ? given >= '0' && given <= '9' : given == wanted;
  });
}

Response no_agent() {
  return problem(409, problem_type::agent_asleep, "You have no agent yet, and so no log of it.",
                 "Write to it, or start it, and ask again.");
}

Response not_told(const std::string& why) {
  return problem(503, problem_type::busy, "Your agent's log cannot be had now: " + why + ".",
                 "Ask again in a moment; if it stays so, tell an admin.");
}

}  // namespace

AgentLogHandler::AgentLogHandler(QuestionAsker& questions, SettingsStore& settings,
                                 const SecretBox& secrets, AgentLogSettings limits)
    : questions_(questions),
      settings_(settings),
      secrets_(secrets),
      limits_(limits),
      slots_(limits.at_once, limits.waiting, limits.limit) {}

void AgentLogHandler::add_routes(GuardedRoutes& routes) {
  routes.add("GET", "/api/container/log", {Admission::signed_in, Scope::chat},
             [this](const Request& request, const Caller& caller) { return log(request, caller); });
}

Response AgentLogHandler::log(const Request& request, const Caller& caller) {
  Query query(request);
  LogQuestion question;
  question.lines =
      static_cast<int>(query.number("tail", 1, limits_.most_lines).value_or(limits_.lines));
  question.after = query.text("after").value_or("");
  if (!question.after.empty() && !is_line_time(question.after))
    query.complain("after", "must be the \"at\" of a line");
  if (auto refused = query.finish()) return *refused;
  const auto row = settings_.find_user_agent(caller.account.id);
  if (!row) return no_agent();
  const auto slot = slots_.take();
  if (!slot) return busy_response();
  question.id = generate_token();
  question.account_id = caller.account.id;
  return ask(question, *row);
}

Response AgentLogHandler::ask(const LogQuestion& question, const AgentRow& row) {
  if (!questions_.ask_log(question)) return not_told("no controller leads");
  const auto sealed = wait_for_answer(question);
  if (!sealed) return not_told("no controller answered");
  std::string answer;
  try {
    answer = secrets_.decrypt(*sealed);
  } catch (const DecryptError&) {
    return not_told("the controller's answer is written with another key");
  }
  const auto told = Json::parse(answer, nullptr, false);
  if (!told.is_object()) return not_told("the controller's answer cannot be read");
  if (const auto why = told.value("problem", ""); !why.empty()) return not_told(why);
  return json_response(200, Json{{"items", told.value("lines", Json::array())},
                                 {"cut", told.value("cut", false)},
                                 {"phase", to_string(row.status.phase)}});
}

std::optional<std::string> AgentLogHandler::wait_for_answer(const LogQuestion& question) {
  const auto end = std::chrono::steady_clock::now() + limits_.limit;
  for (;;) {
    if (auto answer = questions_.take_log_answer(question.account_id, question.id)) return answer;
    if (std::chrono::steady_clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(limits_.look_every);
  }
}

}  // namespace mosaic
