// An AgentRow as columns: one list of them, in one order, for every statement that reads agents.
// Private to store/.
//
// Pure functions; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/agent.hpp"
#include "store/session.hpp"

namespace mosaic {

using Field = std::optional<std::string_view>;

// SELECT lists over "UserContainer" and "SystemContainer" with the same columns in the same order.
inline constexpr const char* user_agent_columns =
    R"('user', "id", "userId", "containerName", NULL, "gatewayToken", "nextGatewayToken", "desiredState", 't', "generation",
       "restartedAt", "deletionRequestedAt", "purge", "moveToNode", "moveWithoutState", "image", "memoryMb", "cpuMilli", "lastActiveAt", "busyUntil",
       "idleTimeoutMin", "phase", "containerId", "endpoint", "observedGeneration", "configHash", "conditions",
       "restartCount", "nextRetryAt", "lastExitAt", "startedAt", "readyAt", "asleepSince", "drainSince",
       "terminatedAt", "lastError", "failedSpec", "startDurationMs", "nextDueAt")";
inline constexpr const char* system_agent_columns =
    R"('system', "id", "name", "name", "role", "gatewayToken", "nextGatewayToken", "desiredState", "isActive"::text, "generation",
       "restartedAt", "deletionRequestedAt", "purge", "moveToNode", "moveWithoutState", "image", "memoryMb", "cpuMilli", NULL::timestamp, NULL::timestamp,
       NULL::integer, "phase", "containerId", "endpoint", "observedGeneration", "configHash", "conditions",
       "restartCount", "nextRetryAt", "lastExitAt", "startedAt", "readyAt", "asleepSince", "drainSince",
       "terminatedAt", "lastError", "failedSpec", "startDurationMs", "nextDueAt")";

AgentRow decode_agent(const std::vector<Field>& fields);
AgentRow decode_agent(const pqxx::row& row);

// The status side and the term as parameters, in the order of status_assignments.
std::vector<Parameter> status_parameters(const AgentStatus& status, Term term);

// UPDATE … SET list for parameters $2 to $22 ($1 is the id); $22 is the term.
inline constexpr const char* status_assignments =
    R"("phase" = $2, "status" = $3, "containerId" = $4, "endpoint" = $5, "gatewayPort" = $6,
       "observedGeneration" = $7, "configHash" = $8, "conditions" = $9, "restartCount" = $10, "nextRetryAt" = $11,
       "lastExitAt" = $12, "startedAt" = $13, "readyAt" = $14, "asleepSince" = $15, "drainSince" = $16,
       "terminatedAt" = $17, "lastError" = $18, "failedSpec" = $19, "startDurationMs" = $20, "nextDueAt" = $21,
       "term" = $22)";

}  // namespace mosaic
