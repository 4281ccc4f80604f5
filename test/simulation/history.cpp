#include "test/simulation/history.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace mosaic::simulation {
namespace {

using std::chrono::seconds;

enum class Subject : std::uint8_t { none, agent, controller, gateway };

struct Sort {
  std::string_view word;
  Subject subject;
  int weight;                  // how often, relative to others
  int longest_s = 0;           // how long it lasts at most; zero: it has no end
  std::string_view meaning{};  // of the detail
};

constexpr std::array<Sort, step_kinds> sorts{{
    {"create", Subject::agent, 6, 0, "same id"},
    {"delete row", Subject::agent, 3},
    {"request deletion", Subject::agent, 4, 0, "purge"},
    {"request restart", Subject::agent, 4},
    {"replace token", Subject::agent, 4},
    {"move", Subject::agent, 4, 0, "to"},
    {"desire", Subject::agent, 5, 0, "state"},
    {"change spec", Subject::agent, 4, 0, "to"},
    {"change persona", Subject::agent, 3, 0, "to"},
    {"try persona", Subject::agent, 4, 6},
    {"change provider", Subject::agent, 4, 0, "to"},
    {"rename container", Subject::agent, 1, 0, "to"},
    {"change setting", Subject::none, 4, 0, "which"},
    {"touch", Subject::agent, 8},
    {"chat", Subject::agent, 22, 45, "gateway"},
    {"container ends", Subject::agent, 4, 0, "code"},
    {"human stops", Subject::agent, 2},
    {"human removes", Subject::agent, 2},
    {"human pauses", Subject::agent, 2},
    {"human unpauses", Subject::agent, 1},
    {"human starts", Subject::agent, 2},
    {"human removes network", Subject::agent, 2},
    {"engine restarts", Subject::none, 2},
    {"engine away", Subject::none, 3, 40},
    {"node away", Subject::none, 3, 40, "which"},
    {"copies fail", Subject::none, 2, 40},
    {"crash loop", Subject::agent, 2, 40, "code"},
    {"ignores TERM", Subject::agent, 2, 40},
    {"hangs", Subject::agent, 2, 40},
    {"image missing", Subject::none, 2, 40},
    {"foreign container", Subject::agent, 2, 40, "instance"},
    {"stale view", Subject::none, 4, 20},
    {"partial lists", Subject::none, 2, 40},
    {"calls fail", Subject::controller, 5, 20, "kind"},
    {"errors echo", Subject::controller, 2, 20},
    {"answers lost", Subject::controller, 5, 20},
    {"slow", Subject::controller, 8, 40},
    {"events lost", Subject::none, 3, 40},
    {"events doubled", Subject::none, 2, 40},
    {"events reversed", Subject::none, 2, 40},
    {"events late", Subject::none, 3, 40},
    {"database fails", Subject::controller, 4, 15},
    {"commits unknown", Subject::controller, 4, 15},
    {"gateway's database fails", Subject::gateway, 3, 15},
    {"database away", Subject::none, 2, 20},
    {"fail over", Subject::none, 2, 6},
    {"notifications lost", Subject::none, 3, 40},
    {"crash", Subject::controller, 10, 20, "call"},
    {"pause", Subject::controller, 6, 40, "call"},
    {"hand over", Subject::controller, 3, 10},
    {"crash gateway", Subject::gateway, 2, 5},
}};

const Sort& sort_of(StepKind kind) { return sorts.at(static_cast<std::size_t>(kind)); }

// They happen in every fourth run, so that most are spared them.
bool is_of_a_cluster(StepKind kind) {
  return kind == StepKind::move || kind == StepKind::node_away || kind == StepKind::copies_fail;
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed)
      : random_(seed * 0x9E3779B97F4A7C15ULL + 1), cluster_(seed % 4 == 0) {}

  History make() {
    choose_weights();
    History history;
    for (int agent = 0; agent < agents; ++agent) {
      if (chance(80))
        history.push_back(Step{Duration(up_to(3000)), StepKind::create, agent, {}, 0});
    }
    const int length = 8 + up_to(40);
    const auto span = static_cast<int>(Duration(longest_history).count());
    const int busy_span = span / 4 + up_to(span * 3 / 4);
    for (int i = 0; i < length; ++i) history.push_back(make_step(busy_span, weights_));
    if (cluster_) add_moves(history, busy_span);
    std::stable_sort(history.begin(), history.end(),
                     [](const Step& left, const Step& right) { return left.at < right.at; });
    return history;
  }

 private:
  int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
  bool chance(int percent) { return up_to(99) < percent; }

  // Each run knows only some of the faults: with all of them at once little would ever come to pass.
  void choose_weights() {
    const auto first_fault = static_cast<std::size_t>(StepKind::container_ends);
    for (std::size_t kind = 0; kind < sorts.size(); ++kind) {
      if (is_of_a_cluster(static_cast<StepKind>(kind))) continue;
      const bool kept = chance(kind < first_fault ? 70 : 35);
      weights_.at(kind) = kept ? sorts.at(kind).weight : 0;
    }
  }

  void add_moves(History& history, int busy_span) {
    Weights weights{};
    for (std::size_t kind = 0; kind < sorts.size(); ++kind) {
      if (is_of_a_cluster(static_cast<StepKind>(kind))) weights.at(kind) = sorts.at(kind).weight;
    }
    for (int left = 1 + up_to(7); left > 0; --left)
      history.push_back(make_step(busy_span, weights));
  }

  using Weights = std::array<int, step_kinds>;

  Step make_step(int busy_span, const Weights& weights) {
    Step step;
    step.at = Duration(2000 + up_to(busy_span));
    std::discrete_distribution<int> which(weights.begin(), weights.end());
    step.kind = static_cast<StepKind>(which(random_));
    const Sort& sort = sort_of(step.kind);
    switch (sort.subject) {
      case Subject::none:
        break;
      case Subject::agent:
        step.subject = up_to((step.kind == StepKind::chat ? user_agents : agents) - 1);
        break;
      case Subject::controller:
        step.subject = up_to(controllers - 1);
        break;
      case Subject::gateway:
        step.subject = up_to(gateways - 1);
        break;
    }
    if (sort.longest_s > 0) step.lasts = Duration(200 + up_to(sort.longest_s * 1000));
    const bool by_call = step.kind == StepKind::crash || step.kind == StepKind::pause;
    step.detail = by_call ? 1 + up_to(chance(50) ? 8 : 40) : up_to(11);
    return step;
  }

  std::mt19937_64 random_;
  const bool cluster_;
  Weights weights_{};
};

}  // namespace

std::string_view to_string(StepKind kind) { return sort_of(kind).word; }

bool has_end(StepKind kind) { return sort_of(kind).longest_s > 0; }

History make_history(std::uint64_t seed) { return Maker(seed).make(); }

std::string describe(const Step& step) {
  const Sort& sort = sort_of(step.kind);
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f s  ", static_cast<double>(step.at.count()) / 1000.0);
  std::string text = time + std::string(sort.word);
  if (sort.subject == Subject::agent) text += " of agent " + std::to_string(step.subject);
  if (sort.subject == Subject::controller) text += " of controller " + std::to_string(step.subject);
  if (sort.subject == Subject::gateway) text += " of gateway " + std::to_string(step.subject);
  if (!sort.meaning.empty())
    text += ", " + std::string(sort.meaning) + " " + std::to_string(step.detail);
  if (sort.longest_s > 0) text += ", for " + to_human(step.lasts);
  return text;
}

}  // namespace mosaic::simulation
