-- What Mosaic Fleet adds: the desired side and the status side of every agent, and its own tables. Additive only: a
-- client that knows nothing of these columns goes on as before.
--
-- "changeXid" is the transaction that last changed something the controller must look at. Together with
-- pg_snapshot_xmin it makes a change feed that misses nothing, whatever the order in which transactions commit.

ALTER TABLE "UserContainer"
  ADD COLUMN "desiredState" TEXT NOT NULL DEFAULT 'auto'
    CONSTRAINT "UserContainer_desiredState_check" CHECK ("desiredState" IN ('auto', 'running', 'stopped')),
  ADD COLUMN "generation" BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN "restartedAt" TIMESTAMP(3),
  ADD COLUMN "image" TEXT,
  ADD COLUMN "memoryMb" BIGINT CONSTRAINT "UserContainer_memoryMb_check" CHECK ("memoryMb" > 0),
  ADD COLUMN "cpuMilli" BIGINT CONSTRAINT "UserContainer_cpuMilli_check" CHECK ("cpuMilli" > 0),
  ADD COLUMN "deletionRequestedAt" TIMESTAMP(3),
  ADD COLUMN "purge" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "busyUntil" TIMESTAMP(3),
  ADD COLUMN "phase" TEXT NOT NULL DEFAULT 'stopped',
  ADD COLUMN "endpoint" TEXT,
  ADD COLUMN "observedGeneration" BIGINT,
  ADD COLUMN "configHash" TEXT,
  ADD COLUMN "conditions" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "restartCount" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "nextRetryAt" TIMESTAMP(3),
  ADD COLUMN "lastExitAt" TIMESTAMP(3),
  ADD COLUMN "startedAt" TIMESTAMP(3),
  ADD COLUMN "readyAt" TIMESTAMP(3),
  ADD COLUMN "asleepSince" TIMESTAMP(3),
  ADD COLUMN "drainSince" TIMESTAMP(3),
  ADD COLUMN "terminatedAt" TIMESTAMP(3),
  ADD COLUMN "lastError" TEXT,
  ADD COLUMN "failedSpec" TEXT,
  ADD COLUMN "startDurationMs" BIGINT,
  ADD COLUMN "term" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "changeXid" xid8 NOT NULL DEFAULT pg_current_xact_id();

ALTER TABLE "SystemContainer"
  ADD COLUMN "desiredState" TEXT NOT NULL DEFAULT 'auto'
    CONSTRAINT "SystemContainer_desiredState_check" CHECK ("desiredState" IN ('auto', 'running', 'stopped')),
  ADD COLUMN "generation" BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN "restartedAt" TIMESTAMP(3),
  ADD COLUMN "image" TEXT,
  ADD COLUMN "memoryMb" BIGINT CONSTRAINT "SystemContainer_memoryMb_check" CHECK ("memoryMb" > 0),
  ADD COLUMN "cpuMilli" BIGINT CONSTRAINT "SystemContainer_cpuMilli_check" CHECK ("cpuMilli" > 0),
  ADD COLUMN "deletionRequestedAt" TIMESTAMP(3),
  ADD COLUMN "purge" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "phase" TEXT NOT NULL DEFAULT 'stopped',
  ADD COLUMN "endpoint" TEXT,
  ADD COLUMN "observedGeneration" BIGINT,
  ADD COLUMN "configHash" TEXT,
  ADD COLUMN "conditions" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "restartCount" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "nextRetryAt" TIMESTAMP(3),
  ADD COLUMN "lastExitAt" TIMESTAMP(3),
  ADD COLUMN "startedAt" TIMESTAMP(3),
  ADD COLUMN "readyAt" TIMESTAMP(3),
  ADD COLUMN "asleepSince" TIMESTAMP(3),
  ADD COLUMN "drainSince" TIMESTAMP(3),
  ADD COLUMN "terminatedAt" TIMESTAMP(3),
  ADD COLUMN "lastError" TEXT,
  ADD COLUMN "failedSpec" TEXT,
  ADD COLUMN "startDurationMs" BIGINT,
  ADD COLUMN "term" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "changeXid" xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE INDEX "UserContainer_changeXid_idx" ON "UserContainer"("changeXid");
CREATE INDEX "SystemContainer_changeXid_idx" ON "SystemContainer"("changeXid");
CREATE INDEX "SystemContainer_providerId_idx" ON "SystemContainer"("providerId");

-- One row: who this database is (the instance label of every engine object) and the proof of the secret key.
CREATE TABLE "mosaic_instance" (
  "one" BOOLEAN PRIMARY KEY DEFAULT true CHECK ("one"),
  "id" TEXT NOT NULL CHECK ("id" ~ '^[0-9a-f]{32}$'),
  "keyCheck" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
INSERT INTO "mosaic_instance" ("id") VALUES (replace(gen_random_uuid()::text, '-', ''));

-- One row: changes that concern no single agent.
CREATE TABLE "mosaic_feed" (
  "one" BOOLEAN PRIMARY KEY DEFAULT true CHECK ("one"),
  "settingsXid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
  "relistXid" xid8 NOT NULL DEFAULT pg_current_xact_id()
);
INSERT INTO "mosaic_feed" DEFAULT VALUES;

-- A row that was deleted; without one, a missing row may as well have been lost by the database.
CREATE TABLE "AgentTombstone" (
  "kind" TEXT NOT NULL,
  "id" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "deletedAt" TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  "changeXid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT "AgentTombstone_pkey" PRIMARY KEY ("kind", "id")
);
CREATE INDEX "AgentTombstone_changeXid_idx" ON "AgentTombstone"("changeXid");

CREATE TABLE "AgentEvent" (
  "id" BIGINT GENERATED ALWAYS AS IDENTITY,
  "at" TIMESTAMP(3) NOT NULL,
  "kind" TEXT NOT NULL,
  "agentId" TEXT NOT NULL,
  "severity" TEXT NOT NULL CONSTRAINT "AgentEvent_severity_check" CHECK ("severity" IN ('normal', 'warning')),
  "reason" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  "count" INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT "AgentEvent_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AgentEvent_agent_idx" ON "AgentEvent"("kind", "agentId", "id");
CREATE INDEX "AgentEvent_at_idx" ON "AgentEvent"("at", "id");

-- One row: the lease that makes one controller the leader.
CREATE TABLE "ControllerLease" (
  "one" BOOLEAN PRIMARY KEY DEFAULT true CHECK ("one"),
  "term" BIGINT NOT NULL DEFAULT 0,
  "holder" TEXT NOT NULL DEFAULT '',
  "expiresAt" TIMESTAMP(3)
);
INSERT INTO "ControllerLease" DEFAULT VALUES;
