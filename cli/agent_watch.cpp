#include "cli/agent_watch.hpp"

namespace mosaic::cli {
namespace {

std::string looks_of(const AgentRow& row) {
  const Condition* ready = find_condition(row.status, condition::ready);
  std::string text(to_string(row.status.phase));
  for (const std::string& part :
       {std::string(to_string(row.desired_state)), std::to_string(row.generation),
        ready == nullptr ? std::string() : ready->reason + "\n" + ready->message,
        row.status.last_error, row.status.endpoint, std::to_string(row.status.restart_count),
        std::string(row.deletion_requested_at ? "deleting" : "")})
    text += "\n" + part;
  return text;
}

}  // namespace

AgentWatch::News AgentWatch::look(const std::vector<AgentRow>& rows) {
  News news;
  std::map<ResourceKey, Shown> now;
  for (const auto& row : rows) {
    const Shown looks{looks_of(row), row.owner};
    const auto before = shown_.find(row.key);
    if (before == shown_.end() || before->second.looks != looks.looks) news.changed.push_back(row);
    now[row.key] = looks;
  }
  for (const auto& [key, before] : shown_) {
    if (!now.contains(key)) news.gone.push_back(before.owner);
  }
  shown_ = std::move(now);
  return news;
}

}  // namespace mosaic::cli
