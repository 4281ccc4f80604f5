-- "configXid" is the transaction that last changed something that an agent's configuration depends on: a process fetches
-- it at some moment of its boot, and whether the settings are what they were before says only whether they have moved since,
-- not what they are. Of "changeXid" it is the part that is no activity, no wish and no status.
ALTER TABLE "UserContainer" ADD COLUMN "configXid" xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE "SystemContainer" ADD COLUMN "configXid" xid8 NOT NULL DEFAULT pg_current_xact_id();
-- Of fleet-wide settings.
ALTER TABLE "mosaic_feed" ADD COLUMN "configXid" xid8 NOT NULL DEFAULT pg_current_xact_id();

-- As in 0014.
CREATE OR REPLACE FUNCTION mosaic_user_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" THEN
    PERFORM mosaic_bury('user', ARRAY[OLD."id"], ARRAY[OLD."userId"]);
    PERFORM mosaic_announce(ARRAY['user/' || OLD."id"]);
  END IF;
  IF NEW."userId" <> OLD."userId" THEN
    NEW."configXid" := pg_current_xact_id();
  END IF;
  IF ROW(NEW."id", NEW."userId", NEW."containerName", COALESCE(NEW."nextGatewayToken", NEW."gatewayToken"),
         NEW."idleTimeoutMin", NEW."desiredState", NEW."restartedAt", NEW."image", NEW."memoryMb", NEW."cpuMilli",
         NEW."deletionRequestedAt", NEW."purge")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."userId", OLD."containerName", COALESCE(OLD."nextGatewayToken", OLD."gatewayToken"),
         OLD."idleTimeoutMin", OLD."desiredState", OLD."restartedAt", OLD."image", OLD."memoryMb", OLD."cpuMilli",
         OLD."deletionRequestedAt", OLD."purge")
     OR mosaic_wants_to_move(OLD."moveToNode", OLD."moveWithoutState", NEW."moveToNode", NEW."moveWithoutState") THEN
    NEW."generation" := OLD."generation" + 1;
    NEW."changeXid" := pg_current_xact_id();
  ELSIF (NEW."lastActiveAt" IS DISTINCT FROM OLD."lastActiveAt" OR NEW."busyUntil" IS DISTINCT FROM OLD."busyUntil")
    AND NOT mosaic_only_prolongs(NEW."phase", NEW."idleTimeoutMin", OLD."lastActiveAt", NEW."lastActiveAt",
                                 OLD."busyUntil", NEW."busyUntil") THEN
    NEW."changeXid" := pg_current_xact_id();
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION mosaic_system_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" THEN
    PERFORM mosaic_bury('system', ARRAY[OLD."id"], ARRAY[OLD."name"]);
    PERFORM mosaic_announce(ARRAY['system/' || OLD."id"]);
  END IF;
  IF ROW(NEW."name", NEW."role", NEW."primaryModel", NEW."providerId")
     IS DISTINCT FROM ROW(OLD."name", OLD."role", OLD."primaryModel", OLD."providerId") THEN
    NEW."configXid" := pg_current_xact_id();
  END IF;
  IF ROW(NEW."id", NEW."name", NEW."role", COALESCE(NEW."nextGatewayToken", NEW."gatewayToken"), NEW."primaryModel",
         NEW."providerId", NEW."isActive", NEW."desiredState", NEW."restartedAt", NEW."image", NEW."memoryMb",
         NEW."cpuMilli", NEW."deletionRequestedAt", NEW."purge")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."name", OLD."role", COALESCE(OLD."nextGatewayToken", OLD."gatewayToken"), OLD."primaryModel",
         OLD."providerId", OLD."isActive", OLD."desiredState", OLD."restartedAt", OLD."image", OLD."memoryMb",
         OLD."cpuMilli", OLD."deletionRequestedAt", OLD."purge")
     OR mosaic_wants_to_move(OLD."moveToNode", OLD."moveWithoutState", NEW."moveToNode", NEW."moveWithoutState") THEN
    NEW."generation" := OLD."generation" + 1;
    NEW."changeXid" := pg_current_xact_id();
  END IF;
  RETURN NEW;
END
$$;

-- As in 0003, whom a change of providers, preferences or admins concerns.
CREATE OR REPLACE FUNCTION mosaic_mark_dependents(owners TEXT[], provider_ids TEXT[]) RETURNS void LANGUAGE sql AS $$
  UPDATE "UserContainer" agent SET "changeXid" = pg_current_xact_id(), "configXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "UserContainer" WHERE "userId" = ANY (owners) ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";

  UPDATE "SystemContainer" agent SET "changeXid" = pg_current_xact_id(), "configXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "SystemContainer"
        WHERE "providerId" = ANY (provider_ids)
           OR "providerId" IN (SELECT "id" FROM "LlmProvider" WHERE "userId" = ANY (owners))
           OR ("providerId" IS NULL AND EXISTS (
                 SELECT FROM "BreakglassUser" WHERE "id" = ANY (owners) AND "isActive"))
        ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";
$$;

CREATE OR REPLACE FUNCTION mosaic_agent_config_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owners TEXT[];
BEGIN
  IF TG_OP <> 'INSERT' THEN owners := owners || OLD."userId"; END IF;
  IF TG_OP <> 'DELETE' THEN owners := owners || NEW."userId"; END IF;
  UPDATE "UserContainer" SET "changeXid" = pg_current_xact_id(), "configXid" = pg_current_xact_id()
  WHERE "userId" = ANY (owners);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION mosaic_admins_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "SystemContainer" agent SET "changeXid" = pg_current_xact_id(), "configXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "SystemContainer" WHERE "providerId" IS NULL ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";
  RETURN NULL;
END
$$;

-- As in 0003. These two of all settings decide what agents fetch (agent_config/render.cpp).
CREATE OR REPLACE FUNCTION mosaic_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "mosaic_feed" SET "settingsXid" = pg_current_xact_id(),
    "configXid" = CASE WHEN ARRAY[OLD."key", NEW."key"] && ARRAY['fleet.toolProfile', 'fleet.providerKeys']
                       THEN pg_current_xact_id() ELSE "configXid" END;
  PERFORM pg_notify('mosaic_changed', 'settings');
  RETURN NULL;
END
$$;

-- As at the end of 0003: the functions keep a search path of their own.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
              AND proname IN ('mosaic_user_container_update', 'mosaic_system_container_update', 'mosaic_mark_dependents',
                              'mosaic_agent_config_changed', 'mosaic_admins_changed', 'mosaic_settings_changed') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
