-- 0003 adds triggers only: a row that is deleted leaves its tombstone by itself.
INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt") VALUES
  ('gone-2', 'fixture-gone-2', 'mosaic-user-gone-2', 'enc:token', '2026-01-02 00:00:00.002');
DELETE FROM "UserContainer" WHERE "id" = 'gone-2';
