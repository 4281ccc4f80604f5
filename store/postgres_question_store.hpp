// QuestionStore in Postgres (migration 0011). Ages are by the database's clock alone, which askers and answerer share.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it.
#pragma once

#include "store/database.hpp"
#include "store/question_store.hpp"

namespace mosaic {

class PostgresQuestionStore final : public QuestionStore {
 public:
  explicit PostgresQuestionStore(Database& database) : database_(database) {}

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

 private:
  Database& database_;
};

}  // namespace mosaic
