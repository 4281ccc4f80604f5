-- What 0004 added: people, their sessions and tokens, the audit log.
UPDATE "UserContainer" SET "nextDueAt" = '2026-03-01 00:00:00.001' WHERE "id" = 'user-1';
UPDATE "SystemContainer" SET "nextDueAt" = '2026-03-01 00:00:00.001' WHERE "id" = 'system-1';
INSERT INTO "FleetUser" ("id", "source", "issuer", "subject", "name", "email", "claimedRole", "grantedRole", "disabled",
                         "agentAllowed", "createdAt", "lastSignInAt") VALUES
  ('fixture-user', 'oidc', 'https://issuer.example.com', 'subject-1', 'Fixture', 'f@example.com', 'user', 'admin', false,
   true, '2026-03-01 00:00:00.001', '2026-03-01 00:00:00.002'),
  ('breakglass-1', 'breakglass', NULL, NULL, 'fixture-admin', '', 'admin', NULL, false, false, '2026-03-01 00:00:00.001',
   NULL);
INSERT INTO "UserSession" ("tokenHash", "accountId", "createdAt", "lastSeenAt", "expiresAt") VALUES
  ('session-hash', 'fixture-user', '2026-03-01 00:00:00.001', '2026-03-01 00:00:00.002', '2026-03-08 00:00:00.001');
INSERT INTO "ApiToken" ("id", "accountId", "name", "secretHash", "scopes", "createdAt", "expiresAt", "lastUsedAt",
                        "revokedAt") VALUES
  ('token-1', 'fixture-user', 'ci', 'secret-hash', 'fleet:read', '2026-03-01 00:00:00.001', '2027-03-01 00:00:00.001',
   '2026-03-02 00:00:00.001', '2026-03-03 00:00:00.001');
INSERT INTO "ConsumedText" ("hash", "expiresAt") VALUES ('consumed-hash', '2026-03-08 00:00:00.001');
INSERT INTO "AuditEntry" ("at", "actorId", "actorName", "via", "action", "target", "outcome", "detail", "remote") VALUES
  ('2026-03-01 00:00:00.001', 'fixture-user', 'Fixture', 'session', 'agent.create', 'user/user-1', 'done', '{}', '10.0.0.9');
INSERT INTO "IdempotencyRecord" ("accountId", "key", "fingerprint", "finished", "status", "contentType", "body", "expiresAt")
VALUES ('fixture-user', 'key-1', 'fingerprint', true, 200, 'application/json', '{}', '2026-03-08 00:00:00.001');
