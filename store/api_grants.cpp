#include "store/api_grants.hpp"

namespace mosaic {
namespace {

// Of agents: all that people wish, nothing that the controller found; they are deleted by the controller alone.
constexpr ApiGrant grants[] = {
    {"UserContainer", R"(SELECT,
      INSERT ("id", "userId", "containerName", "gatewayToken", "idleTimeoutMin", "desiredState", "image", "memoryMb",
              "cpuMilli", "updatedAt"),
      UPDATE ("idleTimeoutMin", "desiredState", "restartedAt", "image", "memoryMb", "cpuMilli", "deletionRequestedAt",
              "purge", "moveToNode", "moveWithoutState", "nextGatewayToken", "lastActiveAt", "busyUntil", "busyHolds", "updatedAt"))"},
    {"SystemContainer", R"(SELECT,
      INSERT ("id", "name", "role", "gatewayToken", "primaryModel", "providerId", "isActive", "desiredState", "image",
              "memoryMb", "cpuMilli", "updatedAt"),
      UPDATE ("role", "primaryModel", "providerId", "isActive", "desiredState", "restartedAt", "image", "memoryMb",
              "cpuMilli", "deletionRequestedAt", "purge", "moveToNode", "moveWithoutState", "nextGatewayToken", "updatedAt"))"},
    {"LlmProvider", R"(SELECT, DELETE,
      INSERT ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive",
              "updatedAt"),
      UPDATE ("name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models", "isActive", "updatedAt"))"},
    {"UserAgentConfig", R"(SELECT,
      INSERT ("id", "userId", "primaryModel", "fallbackModels", "personality", "providerId", "updatedAt"),
      UPDATE ("primaryModel", "fallbackModels", "personality", "providerId", "updatedAt"))"},
    {"SystemConfig", "SELECT, INSERT, UPDATE, DELETE"},
    {"BreakglassUser", R"(SELECT, INSERT ("id", "username", "passwordHash", "updatedAt"),
      UPDATE ("passwordHash", "isActive", "updatedAt"))"},
    {"FleetUser", R"(SELECT,
      INSERT ("id", "source", "issuer", "subject", "name", "email", "claimedRole", "createdAt", "lastSignInAt"),
      UPDATE ("name", "email", "claimedRole", "grantedRole", "disabled", "agentAllowed", "lastSignInAt"))"},
    {"UserSession", R"(SELECT, INSERT, DELETE, UPDATE ("lastSeenAt"))"},
    {"ApiToken", R"(SELECT, INSERT, UPDATE ("lastUsedAt", "revokedAt"))"},
    {"ConsumedText", "SELECT, INSERT, DELETE"},
    {"IdempotencyRecord", "SELECT, INSERT, UPDATE, DELETE"},
    {"AuditEntry", "SELECT, INSERT, DELETE"},
    {"AgentEvent", "SELECT"},
    {"AgentUsage", "SELECT"},
    {"EngineQuestion",
     R"(SELECT, DELETE, INSERT ("id", "kind", "userId", "lines", "after"), UPDATE ("askedAt"))"},
    {"ControllerLease", "SELECT"},
    {"ControllerStandby", "SELECT"},
    {"mosaic_instance", R"(SELECT, UPDATE ("keyCheck"))"},
    {"mosaic_feed", "SELECT"},
    {"mosaic_schema", "SELECT"},
};

}  // namespace

std::span<const ApiGrant> api_grants() { return grants; }

}  // namespace mosaic
