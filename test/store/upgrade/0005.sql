-- 0005 changes triggers only: activity that prolongs what is so.
UPDATE "UserContainer" SET "lastActiveAt" = '2026-04-01 00:00:00.001' WHERE "id" = 'user-2';
