-- 0006 changes triggers only: agents that come and go, and reasons that change.
UPDATE "UserContainer" SET "lastError" = 'told to whoever watches' WHERE "id" = 'user-2';
