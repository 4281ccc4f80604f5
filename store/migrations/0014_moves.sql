-- To which node of a cluster an agent's volumes are to be moved (host name or id), and whether they may be left behind where
-- their own node is away. Written by whoever asks, taken away by the controller once it is so or cannot be.
ALTER TABLE "UserContainer" ADD COLUMN "moveToNode" TEXT;
ALTER TABLE "UserContainer" ADD COLUMN "moveWithoutState" BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE "SystemContainer" ADD COLUMN "moveToNode" TEXT;
ALTER TABLE "SystemContainer" ADD COLUMN "moveWithoutState" BOOLEAN NOT NULL DEFAULT FALSE;

-- As in 0013. A wish is a change of what should be; that it has come true is none.
CREATE FUNCTION mosaic_wants_to_move(old_node TEXT, old_without BOOLEAN, new_node TEXT, new_without BOOLEAN)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT new_node IS NOT NULL AND ROW(new_node, new_without) IS DISTINCT FROM ROW(old_node, old_without)
$$;

CREATE OR REPLACE FUNCTION mosaic_user_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" THEN
    PERFORM mosaic_bury('user', ARRAY[OLD."id"], ARRAY[OLD."userId"]);
    PERFORM mosaic_announce(ARRAY['user/' || OLD."id"]);
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

-- As at the end of 0003: the functions keep a search path of their own.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
              AND proname IN ('mosaic_wants_to_move', 'mosaic_user_container_update', 'mosaic_system_container_update') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
