UPDATE "UserContainer" SET "moveToNode" = 'n2', "moveWithoutState" = TRUE WHERE "id" = 'user-1';
UPDATE "SystemContainer" SET "moveToNode" = 'n3' WHERE "id" = 'system-1';
