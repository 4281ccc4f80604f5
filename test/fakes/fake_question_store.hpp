// QuestionStore in memory, over a FakeStore's rows and lease. Passes test/conformance/store.
//
// Thread-safety: every method may be called from any thread. Both references must outlive it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "store/question_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {

class FakeQuestionStore final : public QuestionStore {
 public:
  FakeQuestionStore(FakeStore& rows, const Clock& clock) : rows_(rows), clock_(clock) {}

  void want_usage() override;
  std::string usage_hindrance() override;
  std::vector<AgentUsage> usage() override;
  std::optional<AgentUsage> usage_of(const std::string& account_id) override;
  bool ask_log(const LogQuestion& question) override;
  std::optional<std::string> take_log_answer(const std::string& account_id,
                                             const std::string& id) override;

  OpenQuestions open_questions() override;
  void write_usage(const std::vector<AgentUsage>& measured, Term term) override;
  void write_usage_hindrance(const std::string& reason, Term term) override;
  void answer_log(const std::string& id, const std::string& sealed, Term term) override;
  void forget_old() override;

  // Called, without the lock, for every log that is asked for: a test's controller.
  void on_ask(std::function<void(const LogQuestion&)> answerer) { on_ask_ = std::move(answerer); }

 private:
  struct Asked {
    LogQuestion question;
    TimePoint at{};
    std::optional<std::string> answer;
  };

  bool leads(Term term) { return rows_.lease().term == term; }
  std::vector<AgentRow> all_rows();

  FakeStore& rows_;
  const Clock& clock_;
  std::function<void(const LogQuestion&)> on_ask_;
  std::mutex mutex_;
  std::optional<TimePoint> usage_wanted_;
  std::string hindrance_;
  std::map<ResourceKey, AgentUsage> usage_;
  std::map<std::string, Asked> asked_;
};

}  // namespace mosaic
