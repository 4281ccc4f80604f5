#include "model/agent.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mosaic {
namespace {

template <typename Value, std::size_t Count>
using Words = std::array<std::pair<Value, std::string_view>, Count>;

constexpr Words<DesiredState, 3> desired_state_words{{{DesiredState::automatic, "auto"},
                                                      {DesiredState::running, "running"},
                                                      {DesiredState::stopped, "stopped"}}};

constexpr Words<Phase, 11> phase_words{{{Phase::stopped, "stopped"},
                                        {Phase::waiting, "waiting"},
                                        {Phase::pulling, "pulling"},
                                        {Phase::starting, "starting"},
                                        {Phase::running, "running"},
                                        {Phase::draining, "draining"},
                                        {Phase::stopping, "stopping"},
                                        {Phase::paused, "paused"},
                                        {Phase::hibernated, "hibernated"},
                                        {Phase::failed, "failed"},
                                        {Phase::deleting, "deleting"}}};

constexpr Words<ConditionStatus, 3> condition_status_words{{{ConditionStatus::no, "False"},
                                                            {ConditionStatus::yes, "True"},
                                                            {ConditionStatus::unknown, "Unknown"}}};

template <typename Value, std::size_t Count>
std::string_view word_of(const Words<Value, Count>& words, Value value) {
  for (const auto& [candidate, word] : words) {
    if (candidate == value) return word;
  }
  return "unknown";
}

template <typename Value, std::size_t Count>
std::optional<Value> value_of(const Words<Value, Count>& words, std::string_view text) {
  for (const auto& [value, word] : words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(DesiredState state) { return word_of(desired_state_words, state); }
std::optional<DesiredState> parse_desired_state(std::string_view word) {
  return value_of(desired_state_words, word);
}
std::string_view to_string(Phase phase) { return word_of(phase_words, phase); }
std::optional<Phase> parse_phase(std::string_view word) { return value_of(phase_words, word); }
std::string_view to_string(ConditionStatus status) {
  return word_of(condition_status_words, status);
}
std::optional<ConditionStatus> parse_condition_status(std::string_view word) {
  return value_of(condition_status_words, word);
}

std::string_view seed_status(Phase phase) {
  switch (phase) {
    case Phase::running:
    case Phase::draining:
      return "running";
    case Phase::waiting:
    case Phase::pulling:
    case Phase::starting:
      return "starting";
    case Phase::failed:
      return "error";
    case Phase::stopped:
    case Phase::stopping:
    case Phase::paused:
    case Phase::hibernated:
    case Phase::deleting:
      return "stopped";
  }
  return "error";
}

void set_condition(AgentStatus& status, std::string type, ConditionStatus value, std::string reason,
                   std::string message, TimePoint now) {
  auto& conditions = status.conditions;
  auto place = std::lower_bound(
      conditions.begin(), conditions.end(), type,
      [](const Condition& left, const std::string& right) { return left.type < right; });
  if (place == conditions.end() || place->type != type) {
    place = conditions.insert(place, Condition{});
    place->type = std::move(type);
    place->last_transition = now;
  } else if (place->status != value) {
    place->last_transition = now;
  }
  place->status = value;
  place->reason = std::move(reason);
  place->message = std::move(message);
}

const Condition* find_condition(const AgentStatus& status, std::string_view type) {
  for (const auto& candidate : status.conditions) {
    if (candidate.type == type) return &candidate;
  }
  return nullptr;
}

}  // namespace mosaic
