-- What people ask of the engine through the database, because the API holds no engine's socket. Unlogged: a minute later
-- it is worth nothing, so it goes into no write-ahead log, no standby and no backup.

-- 'usage' is one row, asked again by whoever looks; its answer is why nothing can be measured. A 'log' is of the asker's
-- own agent, whichever that is when it is answered, and its answer is encrypted.
CREATE UNLOGGED TABLE "EngineQuestion" (
  "id" TEXT NOT NULL,
  "kind" TEXT NOT NULL CHECK ("kind" IN ('usage', 'log')),
  "userId" TEXT,
  "lines" INTEGER,
  "after" TEXT,
  "askedAt" TIMESTAMP(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
  "answer" TEXT,
  CONSTRAINT "EngineQuestion_pkey" PRIMARY KEY ("id")
);

-- The newest measurement of each running agent, while somebody looks.
CREATE UNLOGGED TABLE "AgentUsage" (
  "kind" TEXT NOT NULL,
  "agentId" TEXT NOT NULL,
  "userId" TEXT,
  "memoryBytes" BIGINT NOT NULL,
  "memoryLimitBytes" BIGINT NOT NULL,
  "cpuMilli" BIGINT,
  "processes" BIGINT NOT NULL,
  "sampledAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "AgentUsage_pkey" PRIMARY KEY ("kind", "agentId")
);

-- As 0009 has it for all others: a person's own statement sees that person's rows.
ALTER TABLE "EngineQuestion" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "mosaic_account" ON "EngineQuestion" USING (mosaic_account() IS NULL OR "userId" = mosaic_account());
ALTER TABLE "AgentUsage" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "mosaic_account" ON "AgentUsage" USING (mosaic_account() IS NULL OR "userId" = mosaic_account());
