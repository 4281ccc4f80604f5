-- The six tables that Mosaic Fleet shares with the product it grew from, exactly as that product's own migration
-- makes them, and the two providerId columns of its design. A database that has them already is taken over as it is.

CREATE TABLE IF NOT EXISTS "SystemConfig" (
  "id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "encrypted" BOOLEAN NOT NULL DEFAULT false,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "SystemConfig_pkey" PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS "BreakglassUser" (
  "id" TEXT NOT NULL,
  "username" TEXT NOT NULL,
  "passwordHash" TEXT NOT NULL,
  "isActive" BOOLEAN NOT NULL DEFAULT true,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "BreakglassUser_pkey" PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS "LlmProvider" (
  "id" TEXT NOT NULL,
  "userId" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "displayName" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "baseUrl" TEXT,
  "apiKey" TEXT,
  "apiType" TEXT NOT NULL DEFAULT 'openai-completions',
  "models" JSONB NOT NULL DEFAULT '[]',
  "isActive" BOOLEAN NOT NULL DEFAULT true,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "LlmProvider_pkey" PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS "UserContainer" (
  "id" TEXT NOT NULL,
  "userId" TEXT NOT NULL,
  "containerId" TEXT,
  "containerName" TEXT NOT NULL,
  "gatewayPort" INTEGER,
  "gatewayToken" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'stopped',
  "lastActiveAt" TIMESTAMP(3),
  "idleTimeoutMin" INTEGER NOT NULL DEFAULT 30,
  "config" JSONB NOT NULL DEFAULT '{}',
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "UserContainer_pkey" PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS "SystemContainer" (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "containerId" TEXT,
  "gatewayPort" INTEGER,
  "gatewayToken" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'stopped',
  "primaryModel" TEXT NOT NULL,
  "isActive" BOOLEAN NOT NULL DEFAULT true,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "SystemContainer_pkey" PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS "UserAgentConfig" (
  "id" TEXT NOT NULL,
  "userId" TEXT NOT NULL,
  "primaryModel" TEXT,
  "fallbackModels" JSONB NOT NULL DEFAULT '[]',
  "personality" TEXT,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "UserAgentConfig_pkey" PRIMARY KEY ("id")
);

-- A table of the same name that is not what we think it is must stop us here, before anything is built upon it.
-- The letters: type (text, boolean, integer, jsonb, timestamp) and whether the column may be null.
DO $$
DECLARE
  wanted RECORD;
  actual RECORD;
BEGIN
  FOR wanted IN
    SELECT split_part(line, ' ', 1) AS table_name, split_part(line, ' ', 2) AS column_name,
           split_part(line, ' ', 3) AS type_name, split_part(line, ' ', 4) AS nullable
    FROM unnest(ARRAY[
      'SystemConfig id text NO', 'SystemConfig key text NO', 'SystemConfig value text NO',
      'SystemConfig encrypted bool NO', 'SystemConfig updatedAt timestamp NO',
      'BreakglassUser id text NO', 'BreakglassUser username text NO', 'BreakglassUser passwordHash text NO',
      'BreakglassUser isActive bool NO', 'BreakglassUser createdAt timestamp NO',
      'BreakglassUser updatedAt timestamp NO',
      'LlmProvider id text NO', 'LlmProvider userId text NO', 'LlmProvider name text NO',
      'LlmProvider displayName text NO', 'LlmProvider type text NO', 'LlmProvider baseUrl text YES',
      'LlmProvider apiKey text YES', 'LlmProvider apiType text NO', 'LlmProvider models jsonb NO',
      'LlmProvider isActive bool NO', 'LlmProvider createdAt timestamp NO', 'LlmProvider updatedAt timestamp NO',
      'UserContainer id text NO', 'UserContainer userId text NO', 'UserContainer containerId text YES',
      'UserContainer containerName text NO', 'UserContainer gatewayPort int4 YES',
      'UserContainer gatewayToken text NO', 'UserContainer status text NO',
      'UserContainer lastActiveAt timestamp YES', 'UserContainer idleTimeoutMin int4 NO',
      'UserContainer config jsonb NO', 'UserContainer createdAt timestamp NO', 'UserContainer updatedAt timestamp NO',
      'SystemContainer id text NO', 'SystemContainer name text NO', 'SystemContainer role text NO',
      'SystemContainer containerId text YES', 'SystemContainer gatewayPort int4 YES',
      'SystemContainer gatewayToken text NO', 'SystemContainer status text NO',
      'SystemContainer primaryModel text NO', 'SystemContainer isActive bool NO',
      'SystemContainer createdAt timestamp NO', 'SystemContainer updatedAt timestamp NO',
      'UserAgentConfig id text NO', 'UserAgentConfig userId text NO', 'UserAgentConfig primaryModel text YES',
      'UserAgentConfig fallbackModels jsonb NO', 'UserAgentConfig personality text YES',
      'UserAgentConfig createdAt timestamp NO', 'UserAgentConfig updatedAt timestamp NO'
    ]) AS line
  LOOP
    SELECT columns.udt_name, columns.is_nullable INTO actual
    FROM information_schema.columns
    WHERE columns.table_schema = current_schema() AND columns.table_name = wanted.table_name
      AND columns.column_name = wanted.column_name;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'table "%" exists already but has no column "%": it is not Mosaic''s; use another database',
        wanted.table_name, wanted.column_name;
    ELSIF actual.udt_name <> wanted.type_name OR actual.is_nullable <> wanted.nullable THEN
      RAISE EXCEPTION 'column "%" of table "%" is % (null: %) and should be % (null: %): it is not Mosaic''s; use another database',
        wanted.column_name, wanted.table_name, actual.udt_name, actual.is_nullable, wanted.type_name, wanted.nullable;
    END IF;
  END LOOP;
END
$$;

CREATE UNIQUE INDEX IF NOT EXISTS "SystemConfig_key_key" ON "SystemConfig"("key");
CREATE UNIQUE INDEX IF NOT EXISTS "BreakglassUser_username_key" ON "BreakglassUser"("username");
CREATE INDEX IF NOT EXISTS "LlmProvider_userId_idx" ON "LlmProvider"("userId");
CREATE UNIQUE INDEX IF NOT EXISTS "LlmProvider_userId_name_key" ON "LlmProvider"("userId", "name");
CREATE UNIQUE INDEX IF NOT EXISTS "UserContainer_userId_key" ON "UserContainer"("userId");
CREATE UNIQUE INDEX IF NOT EXISTS "SystemContainer_name_key" ON "SystemContainer"("name");
CREATE UNIQUE INDEX IF NOT EXISTS "UserAgentConfig_userId_key" ON "UserAgentConfig"("userId");

ALTER TABLE "SystemContainer" ADD COLUMN IF NOT EXISTS "providerId" TEXT;
ALTER TABLE "UserAgentConfig" ADD COLUMN IF NOT EXISTS "providerId" TEXT;
