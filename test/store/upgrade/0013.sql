UPDATE "UserContainer" SET "nextGatewayToken" = 'enc:next' WHERE "id" = 'user-1';
UPDATE "SystemContainer" SET "nextGatewayToken" = 'enc:next' WHERE "id" = 'system-1';
