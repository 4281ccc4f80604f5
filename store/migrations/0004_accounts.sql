-- Who signs in, with what, what they did, and what may happen only once; generations of what people edit; and the time of
-- an agent's own next job. Additive only, as 0002.

ALTER TABLE "LlmProvider" ADD COLUMN "generation" BIGINT NOT NULL DEFAULT 1;
ALTER TABLE "UserAgentConfig" ADD COLUMN "generation" BIGINT NOT NULL DEFAULT 1;
ALTER TABLE "UserContainer" ADD COLUMN "nextDueAt" TIMESTAMP(3);
ALTER TABLE "SystemContainer" ADD COLUMN "nextDueAt" TIMESTAMP(3);

-- A person. "id" is what the other tables call "userId"; a breakglass user's is that of the "BreakglassUser" row.
CREATE TABLE "FleetUser" (
  "id" TEXT COLLATE "C" NOT NULL,
  "source" TEXT NOT NULL CONSTRAINT "FleetUser_source_check" CHECK ("source" IN ('breakglass', 'oidc')),
  "issuer" TEXT,
  "subject" TEXT,
  "name" TEXT NOT NULL DEFAULT '',
  "email" TEXT NOT NULL DEFAULT '',
  "claimedRole" TEXT NOT NULL CONSTRAINT "FleetUser_claimedRole_check" CHECK ("claimedRole" IN ('user', 'admin')),
  "grantedRole" TEXT CONSTRAINT "FleetUser_grantedRole_check" CHECK ("grantedRole" IN ('user', 'admin')),
  "role" TEXT NOT NULL GENERATED ALWAYS AS (COALESCE("grantedRole", "claimedRole")) STORED,
  "disabled" BOOLEAN NOT NULL DEFAULT false,
  "agentAllowed" BOOLEAN NOT NULL DEFAULT true,
  "generation" BIGINT NOT NULL DEFAULT 1,
  "createdAt" TIMESTAMP(3) NOT NULL,
  "lastSignInAt" TIMESTAMP(3),
  CONSTRAINT "FleetUser_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "FleetUser_identity_check"
    CHECK (("source" = 'oidc') = ("issuer" IS NOT NULL) AND ("source" = 'oidc') = ("subject" IS NOT NULL))
);
CREATE UNIQUE INDEX "FleetUser_issuer_subject_key" ON "FleetUser"("issuer", "subject");
CREATE INDEX "FleetUser_admins_idx" ON "FleetUser"("id") WHERE "role" = 'admin' AND NOT "disabled";

CREATE TABLE "UserSession" (
  "tokenHash" TEXT COLLATE "C" NOT NULL,
  "accountId" TEXT COLLATE "C" NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL,
  "lastSeenAt" TIMESTAMP(3) NOT NULL,
  "expiresAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "UserSession_pkey" PRIMARY KEY ("tokenHash"),
  CONSTRAINT "UserSession_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "FleetUser"("id") ON DELETE CASCADE
);
CREATE INDEX "UserSession_accountId_idx" ON "UserSession"("accountId");
CREATE INDEX "UserSession_expiresAt_idx" ON "UserSession"("expiresAt");

CREATE TABLE "ApiToken" (
  "id" TEXT COLLATE "C" NOT NULL,
  "accountId" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "secretHash" TEXT NOT NULL,
  "scopes" TEXT NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL,
  "expiresAt" TIMESTAMP(3),
  "lastUsedAt" TIMESTAMP(3),
  "revokedAt" TIMESTAMP(3),
  CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "ApiToken_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "FleetUser"("id") ON DELETE CASCADE
);
CREATE INDEX "ApiToken_accountId_idx" ON "ApiToken"("accountId", "createdAt");

-- Texts that were used and must not be used again.
CREATE TABLE "ConsumedText" (
  "hash" TEXT COLLATE "C" NOT NULL,
  "expiresAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "ConsumedText_pkey" PRIMARY KEY ("hash")
);
CREATE INDEX "ConsumedText_expiresAt_idx" ON "ConsumedText"("expiresAt");

CREATE TABLE "AuditEntry" (
  "id" BIGINT GENERATED ALWAYS AS IDENTITY,
  "at" TIMESTAMP(3) NOT NULL,
  "actorId" TEXT COLLATE "C" NOT NULL,
  "actorName" TEXT NOT NULL,
  "via" TEXT NOT NULL,
  "action" TEXT COLLATE "C" NOT NULL,
  "target" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "detail" TEXT NOT NULL,
  "remote" TEXT NOT NULL,
  CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AuditEntry_actorId_idx" ON "AuditEntry"("actorId", "id");
CREATE INDEX "AuditEntry_at_idx" ON "AuditEntry"("at");

-- Answers to requests that carried an Idempotency-Key, for when the same one comes again.
CREATE TABLE "IdempotencyRecord" (
  "accountId" TEXT COLLATE "C" NOT NULL,
  "key" TEXT COLLATE "C" NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "finished" BOOLEAN NOT NULL DEFAULT false,
  "status" INTEGER NOT NULL DEFAULT 0,
  "contentType" TEXT NOT NULL DEFAULT '',
  "body" TEXT NOT NULL DEFAULT '',
  "expiresAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "IdempotencyRecord_pkey" PRIMARY KEY ("accountId", "key")
);
CREATE INDEX "IdempotencyRecord_expiresAt_idx" ON "IdempotencyRecord"("expiresAt");

CREATE INDEX "AgentTombstone_deletedAt_idx" ON "AgentTombstone"("deletedAt");

-- Generations. Whoever writes, they grow with every change and with nothing else.
CREATE FUNCTION mosaic_provider_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."generation" := OLD."generation";
  IF ROW(NEW."id", NEW."userId", NEW."name", NEW."displayName", NEW."type", NEW."baseUrl", NEW."apiKey",
         NEW."apiType", NEW."models", NEW."isActive")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."userId", OLD."name", OLD."displayName", OLD."type", OLD."baseUrl", OLD."apiKey",
         OLD."apiType", OLD."models", OLD."isActive") THEN
    NEW."generation" := OLD."generation" + 1;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "mosaic_provider_update" BEFORE UPDATE ON "LlmProvider"
  FOR EACH ROW EXECUTE FUNCTION mosaic_provider_update();

CREATE FUNCTION mosaic_agent_config_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."generation" := OLD."generation";
  IF ROW(NEW."userId", NEW."primaryModel", NEW."fallbackModels", NEW."personality", NEW."providerId")
     IS DISTINCT FROM
     ROW(OLD."userId", OLD."primaryModel", OLD."fallbackModels", OLD."personality", OLD."providerId") THEN
    NEW."generation" := OLD."generation" + 1;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "mosaic_agent_config_update" BEFORE UPDATE ON "UserAgentConfig"
  FOR EACH ROW EXECUTE FUNCTION mosaic_agent_config_update();

CREATE FUNCTION mosaic_account_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."generation" := OLD."generation";
  IF ROW(NEW."id", NEW."source", NEW."issuer", NEW."subject", NEW."name", NEW."email", NEW."claimedRole",
         NEW."grantedRole", NEW."disabled", NEW."agentAllowed")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."source", OLD."issuer", OLD."subject", OLD."name", OLD."email", OLD."claimedRole",
         OLD."grantedRole", OLD."disabled", OLD."agentAllowed") THEN
    NEW."generation" := OLD."generation" + 1;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "mosaic_account_update" BEFORE UPDATE ON "FleetUser"
  FOR EACH ROW EXECUTE FUNCTION mosaic_account_update();

-- The channel mosaic_accounts carries the id of an account of which nobody may go on with what they remember: of the
-- account itself, a session or a token. An empty payload means every account. Signs of life (lastSeenAt, lastUsedAt,
-- lastSignInAt) are not told.
CREATE FUNCTION mosaic_forget_account(account_id TEXT) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('mosaic_accounts', CASE WHEN octet_length(account_id) <= 4000 THEN account_id ELSE '' END);
$$;

CREATE FUNCTION mosaic_credential_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_forget_account(OLD."accountId");
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_session_deleted" AFTER DELETE ON "UserSession"
  FOR EACH ROW EXECUTE FUNCTION mosaic_credential_changed();
CREATE TRIGGER "mosaic_session_changed" AFTER UPDATE ON "UserSession" FOR EACH ROW
  WHEN (ROW(OLD."tokenHash", OLD."accountId", OLD."createdAt", OLD."expiresAt")
        IS DISTINCT FROM ROW(NEW."tokenHash", NEW."accountId", NEW."createdAt", NEW."expiresAt"))
  EXECUTE FUNCTION mosaic_credential_changed();
CREATE TRIGGER "mosaic_token_deleted" AFTER DELETE ON "ApiToken"
  FOR EACH ROW EXECUTE FUNCTION mosaic_credential_changed();
CREATE TRIGGER "mosaic_token_changed" AFTER UPDATE ON "ApiToken" FOR EACH ROW
  WHEN (ROW(OLD."id", OLD."accountId", OLD."name", OLD."secretHash", OLD."scopes", OLD."expiresAt", OLD."revokedAt")
        IS DISTINCT FROM
        ROW(NEW."id", NEW."accountId", NEW."name", NEW."secretHash", NEW."scopes", NEW."expiresAt", NEW."revokedAt"))
  EXECUTE FUNCTION mosaic_credential_changed();

-- What a session was begun with must still hold: it ends when its account is disabled or has another role.
CREATE FUNCTION mosaic_account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND ((NEW."disabled" AND NOT OLD."disabled") OR NEW."role" <> OLD."role") THEN
    DELETE FROM "UserSession" WHERE "accountId" = OLD."id";
  END IF;
  PERFORM mosaic_forget_account(OLD."id");
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_account_changed" AFTER UPDATE ON "FleetUser" FOR EACH ROW
  WHEN (OLD."generation" <> NEW."generation") EXECUTE FUNCTION mosaic_account_changed();
CREATE TRIGGER "mosaic_account_deleted" AFTER DELETE ON "FleetUser"
  FOR EACH ROW EXECUTE FUNCTION mosaic_account_changed();

CREATE FUNCTION mosaic_accounts_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('mosaic_accounts', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_sessions_truncated" AFTER TRUNCATE ON "UserSession"
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_accounts_truncated();
CREATE TRIGGER "mosaic_tokens_truncated" AFTER TRUNCATE ON "ApiToken"
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_accounts_truncated();

-- A breakglass user and its account are one person: whoever may not sign in any more goes on with nothing they have,
-- and a new password ends what was begun with the old one.
CREATE FUNCTION mosaic_breakglass_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW."id" <> OLD."id" OR NOT NEW."isActive") THEN
    UPDATE "FleetUser" SET "disabled" = true
    WHERE "id" = OLD."id" AND "source" = 'breakglass' AND NOT "disabled";
  ELSIF TG_OP = 'UPDATE' AND NEW."passwordHash" <> OLD."passwordHash" THEN
    DELETE FROM "UserSession" WHERE "accountId" = OLD."id";
  END IF;
  IF (TG_OP = 'INSERT' AND NEW."isActive") OR (TG_OP = 'UPDATE' AND NEW."isActive" AND NOT OLD."isActive") THEN
    UPDATE "FleetUser" SET "disabled" = false
    WHERE "id" = NEW."id" AND "source" = 'breakglass' AND "disabled";
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_breakglass_added" AFTER INSERT OR DELETE ON "BreakglassUser"
  FOR EACH ROW EXECUTE FUNCTION mosaic_breakglass_changed();
CREATE TRIGGER "mosaic_breakglass_updated" AFTER UPDATE ON "BreakglassUser" FOR EACH ROW
  WHEN (ROW(OLD."id", OLD."passwordHash", OLD."isActive") IS DISTINCT FROM ROW(NEW."id", NEW."passwordHash", NEW."isActive"))
  EXECUTE FUNCTION mosaic_breakglass_changed();

-- As at the end of 0003: the functions keep their own search path.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'mosaic\_%' LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
