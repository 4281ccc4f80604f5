#include "api/egress/egress_refusals.hpp"

#include <utility>

namespace mosaic {
namespace {

constexpr std::chrono::seconds gathered_for{5};
constexpr std::chrono::minutes apart{5};
constexpr std::size_t most_agents = 4096;
constexpr std::size_t most_places = 4;

}  // namespace

void EgressRefusals::note(const ResourceKey& agent, const std::string& place,
                          const std::string& reason) {
  const std::lock_guard lock(mutex_);
  auto found = by_agent_.find(agent);
  if (found == by_agent_.end()) {
    if (by_agent_.size() >= most_agents) return;  // counted by the metric all the same
    found = by_agent_.emplace(agent, Gathered()).first;
    found->second.due = clock_.steady_now() + gathered_for;
  }
  auto& gathered = found->second;
  const auto text = place + ": " + reason;
  if (gathered.counts.contains(text) || gathered.counts.size() < most_places)
    ++gathered.counts[text];
  else
    ++gathered.others;
}

std::string EgressRefusals::message_of(const Gathered& gathered) {
  std::string message;
  for (const auto& [text, count] : gathered.counts) {
    message += (message.empty() ? "" : " ") + text;
    if (count > 1) message += " (" + std::to_string(count) + " times)";
  }
  if (gathered.others > 0) message += " And " + std::to_string(gathered.others) + " more.";
  return message;
}

std::vector<EgressRefusal> EgressRefusals::take_due() {
  std::vector<EgressRefusal> due;
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  for (auto entry = by_agent_.begin(); entry != by_agent_.end();) {
    auto& [agent, gathered] = *entry;
    if (gathered.due > now) {
      ++entry;
    } else if (gathered.counts.empty()) {
      entry = by_agent_.erase(entry);
    } else {
      due.push_back({agent, clock_.now(), message_of(gathered)});
      gathered = Gathered();
      gathered.due = now + apart;
      ++entry;
    }
  }
  return due;
}

void EgressRefusals::write() {
  for (const auto& refusal : take_due()) log_.append_egress_refusal(refusal);
}

}  // namespace mosaic
