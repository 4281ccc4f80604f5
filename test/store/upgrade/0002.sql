-- What 0002 added: the desired and the status side, and its own tables.
UPDATE "UserContainer" SET "desiredState" = 'running', "generation" = 7, "restartedAt" = '2026-02-01 00:00:00.001',
  "image" = 'image:1', "memoryMb" = 512, "cpuMilli" = 500, "deletionRequestedAt" = '2026-02-01 00:00:00.002', "purge" = true,
  "busyUntil" = '2026-02-01 00:00:00.003', "phase" = 'running', "endpoint" = '10.0.0.2:18789', "observedGeneration" = 6,
  "configHash" = 'a.b', "conditions" = '[{"type": "Ready"}]', "restartCount" = 2, "nextRetryAt" = '2026-02-01 00:00:00.004',
  "lastExitAt" = '2026-02-01 00:00:00.005', "startedAt" = '2026-02-01 00:00:00.006', "readyAt" = '2026-02-01 00:00:00.007',
  "asleepSince" = '2026-02-01 00:00:00.008', "drainSince" = '2026-02-01 00:00:00.009',
  "terminatedAt" = '2026-02-01 00:00:00.010', "lastError" = 'none', "failedSpec" = 'f', "startDurationMs" = 1234, "term" = 5
  WHERE "id" = 'user-1';
UPDATE "SystemContainer" SET "desiredState" = 'stopped', "generation" = 3, "restartedAt" = '2026-02-01 00:00:00.001',
  "image" = 'image:1', "memoryMb" = 512, "cpuMilli" = 500, "deletionRequestedAt" = '2026-02-01 00:00:00.002', "purge" = true,
  "phase" = 'failed', "endpoint" = '10.0.0.3:18789', "observedGeneration" = 2, "configHash" = 'a.b',
  "conditions" = '[{"type": "Ready"}]', "restartCount" = 2, "nextRetryAt" = '2026-02-01 00:00:00.004',
  "lastExitAt" = '2026-02-01 00:00:00.005', "startedAt" = '2026-02-01 00:00:00.006', "readyAt" = '2026-02-01 00:00:00.007',
  "asleepSince" = '2026-02-01 00:00:00.008', "drainSince" = '2026-02-01 00:00:00.009',
  "terminatedAt" = '2026-02-01 00:00:00.010', "lastError" = 'none', "failedSpec" = 'f', "startDurationMs" = 1234, "term" = 5
  WHERE "id" = 'system-1';
UPDATE "mosaic_instance" SET "id" = '0123456789abcdef0123456789abcdef', "keyCheck" = 'enc:check';
INSERT INTO "AgentTombstone" ("kind", "id", "owner") VALUES ('user', 'gone-1', 'fixture-gone');
INSERT INTO "AgentEvent" ("at", "kind", "agentId", "severity", "reason", "message", "count") VALUES
  ('2026-02-02 00:00:00.001', 'user', 'user-1', 'normal', 'Started', 'it runs', 3),
  ('2026-02-02 00:00:00.002', 'user', 'user-1', 'warning', 'Crashed', E'a line\nand another', 1);
UPDATE "ControllerLease" SET "term" = 9, "holder" = 'host/1', "expiresAt" = '2026-02-02 00:00:00.001';
