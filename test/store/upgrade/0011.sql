INSERT INTO "EngineQuestion" ("id", "kind", "userId", "lines", "after", "answer")
VALUES ('question', 'log', 'user-1', 10, '', 'enc:answer');
INSERT INTO "AgentUsage" ("kind", "agentId", "userId", "memoryBytes", "memoryLimitBytes", "cpuMilli", "processes", "sampledAt")
VALUES ('user', 'agent-1', 'user-1', 1, 2, 3, 4, now());
