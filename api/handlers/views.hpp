// Rows as clients see them: every field that leaves the house is named here, and none of them is a secret.
//
// Pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "api/wake_history.hpp"
#include "model/account.hpp"
#include "model/agent.hpp"
#include "store/admin_rows.hpp"
#include "store/store.hpp"

namespace mosaic {

nlohmann::ordered_json provider_view(const ProviderRow& provider);
nlohmann::ordered_json preferences_view(const AgentPreferences& preferences);
// The owner's own agent; nothing: it is made with the first need of it.
nlohmann::ordered_json own_agent_view(const std::optional<AgentRow>& row, TimePoint now);
// For admins: status, conditions and resources, never contents.
nlohmann::ordered_json fleet_agent_view(const AgentRow& row, TimePoint now);
nlohmann::ordered_json account_view(const Account& account);
nlohmann::ordered_json event_view(const Event& event);
nlohmann::ordered_json wake_view(const Wake& wake);
// The platform's own agents that may be taken.
nlohmann::ordered_json default_agents_view();
nlohmann::ordered_json audit_view(const AuditEntry& entry);

}  // namespace mosaic
