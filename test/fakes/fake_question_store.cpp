#include "test/fakes/fake_question_store.hpp"

#include <algorithm>

namespace mosaic {

std::vector<AgentRow> FakeQuestionStore::all_rows() {
  std::vector<AgentRow> rows;
  rows_.for_each_agent([&](AgentRow&& row) { rows.push_back(std::move(row)); });
  return rows;
}

void FakeQuestionStore::want_usage() {
  const std::lock_guard lock(mutex_);
  usage_wanted_ = clock_.now();
}

std::string FakeQuestionStore::usage_hindrance() {
  const std::lock_guard lock(mutex_);
  return hindrance_;
}

std::vector<AgentUsage> FakeQuestionStore::usage() {
  const auto rows = all_rows();
  const std::lock_guard lock(mutex_);
  std::vector<AgentUsage> found;
  for (const auto& [key, usage] : usage_) {
    if (usage.sampled_at <= clock_.now() - question_life) continue;
    found.push_back(usage);
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&key = key](const AgentRow& one) { return one.key == key; });
    if (row != rows.end()) found.back().owner = row->owner;
  }
  return found;
}

std::optional<AgentUsage> FakeQuestionStore::usage_of(const std::string& account_id) {
  for (auto& usage : usage()) {
    if (usage.agent.kind == ResourceKind::user_container && usage.owner == account_id) return usage;
  }
  return std::nullopt;
}

bool FakeQuestionStore::ask_log(const LogQuestion& question) {
  const LeaseView lease = rows_.lease();
  if (lease.holder.empty() || !lease.expires_at || *lease.expires_at <= clock_.now()) return false;
  {
    const std::lock_guard lock(mutex_);
    asked_[question.id] = Asked{question, clock_.now(), {}};
  }
  if (on_ask_) on_ask_(question);
  return true;
}

std::optional<std::string> FakeQuestionStore::take_log_answer(const std::string& account_id,
                                                              const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(id);
  if (found == asked_.end() || found->second.question.account_id != account_id) return std::nullopt;
  auto answer = found->second.answer;
  if (answer) asked_.erase(found);
  return answer;
}

OpenQuestions FakeQuestionStore::open_questions() {
  const auto rows = all_rows();
  const std::lock_guard lock(mutex_);
  OpenQuestions open;
  open.usage = usage_wanted_ && *usage_wanted_ > clock_.now() - usage_interest;
  for (const auto& [id, asked] : asked_) {
    if (asked.answer || asked.at <= clock_.now() - question_life) continue;
    OpenLogQuestion question{id, "", asked.question.lines, asked.question.after};
    for (const auto& row : rows) {
      if (row.key.kind == ResourceKind::user_container && row.owner == asked.question.account_id)
        question.container_id = row.status.container_id;
    }
    if (open.logs.size() < static_cast<std::size_t>(most_logs)) open.logs.push_back(question);
  }
  return open;
}

void FakeQuestionStore::write_usage(const std::vector<AgentUsage>& measured, Term term) {
  if (!leads(term)) return;
  const std::lock_guard lock(mutex_);
  for (auto usage : measured) {
    usage.sampled_at = clock_.now();
    usage_[usage.agent] = usage;
  }
}

void FakeQuestionStore::write_usage_hindrance(const std::string& reason, Term term) {
  if (!leads(term)) return;
  const std::lock_guard lock(mutex_);
  hindrance_ = reason;
}

void FakeQuestionStore::answer_log(const std::string& id, const std::string& sealed, Term term) {
  if (!leads(term)) return;
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(id);
  if (found != asked_.end()) found->second.answer = sealed;
}

void FakeQuestionStore::forget_old() {
  const std::lock_guard lock(mutex_);
  const TimePoint oldest = clock_.now() - question_life;
  std::erase_if(asked_, [&](const auto& entry) { return entry.second.at < oldest; });
  std::erase_if(usage_, [&](const auto& entry) { return entry.second.sampled_at < oldest; });
}

}  // namespace mosaic
