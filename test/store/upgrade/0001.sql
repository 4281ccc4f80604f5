-- A row with every column in each table of the seed, and one with no more than must be.
INSERT INTO "SystemConfig" ("id", "key", "value", "encrypted", "updatedAt") VALUES
  ('config-1', 'fleet.memoryMb', '1024', false, '2026-01-31 12:34:56.789'),
  ('config-2', 'fixture.secret', E'enc:text with a tab\t, a back\\slash and\na second line', true, '2026-01-31 12:34:56.789');
INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "isActive", "createdAt", "updatedAt") VALUES
  ('breakglass-1', 'fixture-admin', '$2b$12$fixture', true, '2026-01-01 00:00:00.001', '2026-01-02 00:00:00.002');
INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey", "apiType", "models",
                           "isActive", "createdAt", "updatedAt") VALUES
  ('provider-1', 'fixture-user', 'main', 'Über "alles"', 'openai', 'https://example.com/v1', 'enc:fixture',
   'openai-completions', '[{"id": "m", "name": "\\N"}]', true, '2026-01-01 00:00:00.001', '2026-01-02 00:00:00.002');
INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "updatedAt") VALUES
  ('provider-2', 'fixture-user', 'bare', '', 'zai', '2026-01-02 00:00:00.002');
INSERT INTO "UserContainer" ("id", "userId", "containerId", "containerName", "gatewayPort", "gatewayToken", "status",
                             "lastActiveAt", "idleTimeoutMin", "config", "createdAt", "updatedAt") VALUES
  ('user-1', 'fixture-user', 'c0ffee', 'mosaic-user-fixture', 19001, 'enc:token', 'running', '2026-01-03 00:00:00.003', 15,
   '{"a": {"b": [1, null]}}', '2026-01-01 00:00:00.001', '2026-01-02 00:00:00.002');
INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt") VALUES
  ('user-2', 'fixture-other', 'mosaic-user-other', 'enc:token', '2026-01-02 00:00:00.002');
INSERT INTO "SystemContainer" ("id", "name", "role", "containerId", "gatewayPort", "gatewayToken", "status", "primaryModel",
                               "isActive", "providerId", "createdAt", "updatedAt") VALUES
  ('system-1', 'fixture-system', 'operations', 'decade', 19002, 'enc:token', 'running', 'zai/glm-5', true, 'provider-1',
   '2026-01-01 00:00:00.001', '2026-01-02 00:00:00.002');
INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "fallbackModels", "personality", "providerId", "createdAt",
                               "updatedAt") VALUES
  ('agent-config-1', 'fixture-user', 'openai/m', '["a", "b"]', 'terse', 'provider-1', '2026-01-01 00:00:00.001',
   '2026-01-02 00:00:00.002');
