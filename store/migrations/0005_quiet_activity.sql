-- Turns renew the record of their activity every few seconds, for every agent in use at once. On an agent that is awake
-- and has time left this moves a deadline further away, which the controller finds when the former deadline comes: no
-- reason to look at the row now. So activity is a change ("changeXid") only where it may move something: on an agent
-- that sleeps or has failed, at the end of its time, the first time, and wherever it is taken back.

-- Whether a row's activity only prolongs what is so anyway.
CREATE FUNCTION mosaic_only_prolongs(phase TEXT, idle_minutes INTEGER, was_active TIMESTAMP, is_active TIMESTAMP,
                                     was_busy TIMESTAMP, is_busy TIMESTAMP) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT COALESCE(phase NOT IN ('stopped', 'stopping', 'paused', 'hibernated', 'failed')
    AND is_active >= was_active AND (was_busy IS NULL OR is_busy >= was_busy)
    AND was_active + make_interval(mins => idle_minutes)
        > (clock_timestamp() AT TIME ZONE 'UTC') + interval '5 seconds', false)
$$;

CREATE OR REPLACE FUNCTION mosaic_user_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" THEN
    PERFORM mosaic_bury('user', ARRAY[OLD."id"], ARRAY[OLD."userId"]);
    PERFORM mosaic_announce(ARRAY['user/' || OLD."id"]);
  END IF;
  IF ROW(NEW."id", NEW."userId", NEW."containerName", NEW."gatewayToken", NEW."idleTimeoutMin", NEW."desiredState",
         NEW."restartedAt", NEW."image", NEW."memoryMb", NEW."cpuMilli", NEW."deletionRequestedAt", NEW."purge")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."userId", OLD."containerName", OLD."gatewayToken", OLD."idleTimeoutMin", OLD."desiredState",
         OLD."restartedAt", OLD."image", OLD."memoryMb", OLD."cpuMilli", OLD."deletionRequestedAt", OLD."purge") THEN
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

-- As at the end of 0003: the functions keep a search path of their own.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
              AND proname IN ('mosaic_only_prolongs', 'mosaic_user_container_update') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
