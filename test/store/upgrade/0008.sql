UPDATE "UserContainer" SET "busyHolds" = '{"cprocess": "2026-02-01T00:00:00.003"}';
