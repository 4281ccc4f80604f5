// What people ask of the engine through the database: the API holds no engine's socket, so it leaves a question and the
// leading controller answers it. Questions and answers are there for a minute; no backup has them, and no crash of the
// database keeps them. PostgresQuestionStore implements both sides; test/fakes has them in memory; both pass the same
// conformance suite.
//
// Thread-safety: every method may be called from any thread at the same time. Throws StoreError.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/agent_usage.hpp"
#include "store/store.hpp"

namespace mosaic {

// How long a question is worth answering, and an answer worth reading.
inline constexpr Duration question_life = std::chrono::minutes(1);
// For so long after somebody asked, usage is measured again and again.
inline constexpr Duration usage_interest = std::chrono::seconds(30);

struct LogQuestion {
  std::string id;          // random: nobody else's
  std::string account_id;  // whose agent, and who alone may have the answer
  int lines = 100;
  std::string after;  // see LogRange
};

// Asked by the API; each call about one account goes to the database as that account's.
class QuestionAsker {
 public:
  virtual ~QuestionAsker() = default;
  // Somebody looks at what agents use.
  virtual void want_usage() = 0;
  // Why it cannot be measured, as the controller says; empty when it can.
  virtual std::string usage_hindrance() = 0;
  // The newest measurement of each agent that was measured within question_life, users' before system agents, ordered
  // by id.
  virtual std::vector<AgentUsage> usage() = 0;
  virtual std::optional<AgentUsage> usage_of(const std::string& account_id) = 0;
  // False: no controller leads, so that nobody would answer, and nothing was asked.
  virtual bool ask_log(const LogQuestion& question) = 0;
  // The answer, once it is there, and only once: it is removed with the question.
  virtual std::optional<std::string> take_log_answer(const std::string& account_id,
                                                     const std::string& id) = 0;
};

struct OpenLogQuestion {
  std::string id;
  std::string container_id;  // of the asker's own agent, by its row; empty: it has none
  int lines = 100;
  std::string after;
};

struct OpenQuestions {
  bool usage = false;
  std::vector<OpenLogQuestion> logs;  // oldest first, a bounded number
};

// Answered by the controller that leads; an old leader's answer changes nothing.
class QuestionAnswerer {
 public:
  static constexpr int most_logs = 20;

  virtual ~QuestionAnswerer() = default;
  virtual OpenQuestions open_questions() = 0;
  virtual void write_usage(const std::vector<AgentUsage>& measured, Term term) = 0;
  virtual void write_usage_hindrance(const std::string& reason, Term term) = 0;
  // `sealed`: encrypted.
  virtual void answer_log(const std::string& id, const std::string& sealed, Term term) = 0;
  // Lets questions and measurements go that are older than question_life.
  virtual void forget_old() = 0;
};

class QuestionStore : public QuestionAsker, public QuestionAnswerer {};

}  // namespace mosaic
