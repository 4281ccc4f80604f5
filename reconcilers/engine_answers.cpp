#include "reconcilers/engine_answers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

// What the API reads: the lines, or why there are none.
std::string log_document(const LogTail& tail) {
  auto lines = Json::array();
  for (const auto& line : tail.lines)
    lines.push_back({{"at", line.at}, {"error", line.error}, {"text", line.text}});
  const Json document{{"lines", std::move(lines)}, {"cut", tail.cut}, {"problem", ""}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string problem_document(const std::string& problem) {
  const Json document{{"lines", Json::array()}, {"cut", false}, {"problem", problem}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::int64_t> cpu_milli(const std::optional<CpuReading>& before,
                                      const CpuReading& now) {
  if (!before || now.at <= before->at || now.used < before->used) return std::nullopt;
  return (now.used - before->used) * 1000 / (now.at - before->at);
}

}  // namespace

EngineAnswers::EngineAnswers(const Clock& clock, QuestionAnswerer& questions,
                             ContainerInsight& insight, const Leadership& leadership,
                             const SecretBox& secrets,
                             std::function<void(const std::string&)> report,
                             EngineAnswersSettings settings)
    : clock_(clock),
      questions_(questions),
      insight_(insight),
      leadership_(leadership),
      secrets_(secrets),
      report_(std::move(report)),
      settings_(settings) {}

EngineAnswers::~EngineAnswers() { stop(); }

void EngineAnswers::start() {
  thread_ = std::thread([this] { run(); });
}

void EngineAnswers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void EngineAnswers::run() {
  for (;;) {
    const Duration next = run_pending();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, next, [this] { return stopping_; })) return;
  }
}

Duration EngineAnswers::run_pending() {
  const auto term = leadership_.term();
  if (!term) {
    // Another leads and measures; what was seen here means nothing once this process leads again.
    round_.clear();
    before_.clear();
    return settings_.look_every;
  }
  try {
    pass(*term);
  } catch (const std::exception& error) {
    complain(std::string("what people asked of the engine was not answered: ") + error.what());
    return settings_.look_every;
  }
  return round_.empty() ? settings_.look_every : Duration(0);
}

void EngineAnswers::pass(Term term) {
  const OpenQuestions open = questions_.open_questions();
  for (const auto& question : open.logs) answer(question, term);
  if (open.usage) {
    measure_some(term);
  } else {
    round_.clear();
    before_.clear();
  }
  if (clock_.steady_now() >= next_forget_) {
    questions_.forget_old();
    next_forget_ = clock_.steady_now() + settings_.forget_every;
  }
}

void EngineAnswers::answer(const OpenLogQuestion& question, Term term) {
  questions_.answer_log(question.id, secrets_.encrypt(read_log(question)), term);
}

std::string EngineAnswers::read_log(const OpenLogQuestion& question) {
  const std::string hindrance = insight_.hindrance();
  if (!hindrance.empty()) return problem_document(hindrance);
  if (question.container_id.empty()) return log_document({});
  LogRange range;
  range.lines = question.lines;
  range.after = question.after;
  range.bytes = settings_.log_bytes;
  try {
    const auto tail = insight_.log_tail(question.container_id, range);
    return log_document(tail.value_or(LogTail{}));
  } catch (const EngineError& error) {
    complain(error.what());
    return problem_document("the engine did not answer");
  }
}

void EngineAnswers::begin_round() {
  round_ = insight_.running();
  next_round_ = clock_.steady_now() + settings_.round_every;
  std::map<ResourceKey, Before> kept;
  for (const auto& container : round_) {
    const auto seen = before_.find(container.agent);
    if (seen != before_.end() && seen->second.container_id == container.id)
      kept.insert(std::move(*seen));
  }
  before_ = std::move(kept);
}

void EngineAnswers::measure_some(Term term) {
  const std::string hindrance = insight_.hindrance();
  questions_.write_usage_hindrance(hindrance, term);
  if (!hindrance.empty()) return;
  if (round_.empty()) {
    if (clock_.steady_now() < next_round_) return;
    begin_round();
  }
  const std::size_t count = std::min(settings_.at_once, round_.size());
  const std::vector<RunningContainer> some(round_.end() - static_cast<std::ptrdiff_t>(count),
                                           round_.end());
  round_.resize(round_.size() - count);
  std::vector<AgentUsage> usages;
  for (auto& one : measure_side_by_side(some)) {
    before_[one.usage.agent] = std::move(one.before);
    usages.push_back(std::move(one.usage));
  }
  questions_.write_usage(usages, term);
}

std::vector<EngineAnswers::Measured> EngineAnswers::measure_side_by_side(
    const std::vector<RunningContainer>& some) const {
  std::vector<std::optional<Measured>> found(some.size());
  std::vector<std::thread> looks;
  for (std::size_t place = 0; place < some.size(); ++place)
    looks.emplace_back([&, place] { found[place] = measure(some[place]); });
  for (auto& look : looks) look.join();
  std::vector<Measured> measured;
  for (auto& one : found) {
    if (one) measured.push_back(std::move(*one));
  }
  return measured;
}

// Nothing when it has ended meanwhile, or the engine did not say: the next round looks again.
std::optional<EngineAnswers::Measured> EngineAnswers::measure(
    const RunningContainer& container) const {
  const auto seen = before_.find(container.agent);
  const bool first = seen == before_.end();
  try {
    const auto use = insight_.use(container.id, first ? Look::twice : Look::once);
    if (!use) return std::nullopt;
    Measured measured{{}, {container.id, use->cpu}};
    measured.usage.agent = container.agent;
    measured.usage.memory_bytes = use->memory_bytes;
    measured.usage.memory_limit_bytes = use->memory_limit_bytes;
    measured.usage.processes = use->processes;
    measured.usage.cpu_milli =
        cpu_milli(first ? use->cpu_before : std::optional<CpuReading>(seen->second.cpu), use->cpu);
    return measured;
  } catch (const EngineError&) {
    return std::nullopt;
  }
}

void EngineAnswers::complain(const std::string& line) {
  if (clock_.steady_now() < next_complaint_) return;
  next_complaint_ = clock_.steady_now() + std::chrono::minutes(1);
  report_(line);
}

}  // namespace mosaic
