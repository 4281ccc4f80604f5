#include "api/handlers/views.hpp"

#include <nlohmann/json.hpp>

#include "api/default_agents.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json time_or_null(const std::optional<TimePoint>& time) {
  return time ? Json(to_iso8601(*time)) : Json();
}

template <typename Number>
Json number_or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

std::int64_t in_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// How long the present process has been answering; null while it does not.
Json uptime(const AgentRow& row, TimePoint now) {
  if (row.status.phase != Phase::running && row.status.phase != Phase::draining) return {};
  const auto since = row.status.ready_at ? row.status.ready_at : row.status.started_at;
  return since && *since <= now ? Json(in_seconds(now - *since)) : Json();
}

Json common_view(const AgentRow& row, TimePoint now) {
  const auto* ready = find_condition(row.status, condition::ready);
  Json view;
  view["id"] = row.key.name;
  view["status"] = seed_status(row.status.phase);
  view["phase"] = to_string(row.status.phase);
  view["reason"] = ready == nullptr ? Json() : Json(ready->reason);
  view["message"] = ready == nullptr ? Json() : Json(ready->message);
  view["desiredState"] = to_string(row.desired_state);
  view["uptimeSec"] = uptime(row, now);
  view["idleTimeoutMin"] =
      std::chrono::duration_cast<std::chrono::minutes>(row.idle_timeout).count();
  view["lastActiveAt"] = time_or_null(row.last_active_at);
  view["asleepSince"] = time_or_null(row.status.asleep_since);
  view["estimatedStartMs"] = number_or_null(row.status.start_duration_ms);
  view["deleting"] = row.deletion_requested_at.has_value();
  view["generation"] = row.generation;
  return view;
}

Json conditions_view(const AgentStatus& status) {
  auto list = Json::array();
  for (const auto& entry : status.conditions) {
    list.push_back({{"type", entry.type},
                    {"status", to_string(entry.status)},
                    {"reason", entry.reason},
                    {"message", entry.message},
                    {"lastTransition", to_iso8601(entry.last_transition)}});
  }
  return list;
}

}  // namespace

Json provider_view(const ProviderRow& provider) {
  auto models = Json::parse(provider.models_json, nullptr, false);
  if (!models.is_array()) models = Json::array();
  return {{"id", provider.id},
          {"name", provider.name},
          {"displayName", provider.display_name},
          {"type", provider.type},
          {"baseUrl", text_or_null(provider.base_url)},
          {"apiType", provider.api_type},
          {"hasKey", !provider.api_key.empty()},
          {"models", std::move(models)},
          {"isActive", provider.active},
          {"generation", provider.generation}};
}

Json preferences_view(const AgentPreferences& preferences) {
  return {{"primaryModel", text_or_null(preferences.primary_model)},
          {"fallbackModels", preferences.fallback_models},
          {"personality", text_or_null(preferences.personality)},
          {"providerId", text_or_null(preferences.provider_id)},
          {"generation", preferences.generation}};
}

Json own_agent_view(const std::optional<AgentRow>& row, TimePoint now) {
  if (row) return common_view(*row, now);
  AgentRow none;
  none.generation = 0;
  auto view = common_view(none, now);
  view["id"] = nullptr;
  view["reason"] = "NotMade";
  view["message"] = "Your agent is made when you chat with it or start it.";
  return view;
}

Json fleet_agent_view(const AgentRow& row, TimePoint now) {
  auto view = common_view(row, now);
  const bool user = row.key.kind == ResourceKind::user_container;
  view["kind"] = short_name(row.key.kind);
  view["owner"] = row.owner;
  view["name"] = row.container_name;
  view["role"] = text_or_null(row.role);
  view["isActive"] = user || row.active;
  view["image"] = text_or_null(row.image);
  view["memoryMb"] = number_or_null(row.memory_mb);
  view["cpuMilli"] = number_or_null(row.cpu_milli);
  view["observedGeneration"] = row.status.observed_generation;
  view["restartCount"] = row.status.restart_count;
  view["nextRetryAt"] = time_or_null(row.status.next_retry_at);
  view["startedAt"] = time_or_null(row.status.started_at);
  view["readyAt"] = time_or_null(row.status.ready_at);
  view["busyUntil"] = time_or_null(row.busy_until);
  view["lastError"] = text_or_null(row.status.last_error);
  view["conditions"] = conditions_view(row.status);
  return view;
}

Json account_view(const Account& account) {
  return {{"id", account.id},
          {"source", to_string(account.source)},
          {"issuer", text_or_null(account.issuer)},
          {"name", account.name},
          {"email", text_or_null(account.email)},
          {"role", to_string(account.role)},
          {"grantedRole", account.granted_role ? Json(to_string(*account.granted_role)) : Json()},
          {"disabled", account.disabled},
          {"agentAllowed", account.agent_allowed},
          {"createdAt", to_iso8601(account.created_at)},
          {"lastSignInAt", time_or_null(account.last_sign_in_at)},
          {"generation", account.generation}};
}

Json event_view(const Event& event) {
  return {{"id", event.id},
          {"at", to_iso8601(event.at)},
          {"severity", event.severity == EventSeverity::warning ? "warning" : "normal"},
          {"reason", event.reason},
          {"message", event.message},
          {"count", event.count}};
}

Json wake_view(const Wake& wake) {
  return {{"readyAt", to_iso8601(wake.ready_at)},
          {"tookMs", wake.took.count()},
          {"start", wake.cold ? "cold" : "thawed"}};
}

Json default_agents_view() {
  auto choices = Json::array();
  for (const auto& agent : default_agents) {
    choices.push_back({{"agent", agent.word},
                       {"name", agent.name},
                       {"role", agent.role},
                       {"purpose", agent.purpose},
                       {"memoryMb", agent.memory_mb}});
  }
  return choices;
}

Json audit_view(const AuditEntry& entry) {
  return {{"id", entry.id},
          {"at", to_iso8601(entry.at)},
          {"actorId", text_or_null(entry.actor_id)},
          {"actorName", text_or_null(entry.actor_name)},
          {"via", entry.via},
          {"action", entry.action},
          {"target", entry.target},
          {"outcome", entry.outcome},
          {"detail", text_or_null(entry.detail)},
          {"remote", text_or_null(entry.remote)}};
}

}  // namespace mosaic
