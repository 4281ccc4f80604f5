-- What keeps an agent awake, by who said so: {"<process>": "<until>"} of each API process whose turns hold it. "busyUntil"
-- is the latest of them. So the process that ends its last turn can take back what it held and nothing else.
ALTER TABLE "UserContainer" ADD COLUMN "busyHolds" JSONB NOT NULL DEFAULT '{}';

-- Records what turns of one process hold (`held`), or hold no longer (then a hold of its own that is later than `until`
-- stays: it was recorded after this was decided). A client that writes "busyUntil" without a hold is not overruled.
-- The rows are locked first, in the order of their ids: the second statement then sees what every other process has
-- committed, which a single one would miss that began before it got its locks.
CREATE FUNCTION mosaic_record_activity(holder TEXT, present TIMESTAMP(3), ids TEXT[], untils TIMESTAMP(3)[],
                                       held BOOLEAN[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "UserContainer" WHERE "id" = ANY (ids) ORDER BY "id" FOR NO KEY UPDATE;

  UPDATE "UserContainer" agent
  SET "busyHolds" = known.holds,
      "busyUntil" = GREATEST(known.held_until, CASE WHEN NOT given.held THEN present END,
                             CASE WHEN agent."busyUntil" > COALESCE(known.was_held_until, '-infinity') THEN agent."busyUntil" END),
      "lastActiveAt" = GREATEST(agent."lastActiveAt", present)
  FROM unnest(ids, untils, held) AS given(id, until, held)
  JOIN "UserContainer" now_is ON now_is."id" = given.id
  CROSS JOIN LATERAL (
    SELECT COALESCE(jsonb_object_agg(every.process, to_jsonb(every.until)) FILTER (WHERE every.stays), '{}') AS holds,
           max(every.until) FILTER (WHERE every.stays) AS held_until,
           max(every.was) AS was_held_until
    FROM (
      SELECT one.process, max(one.until) AS until, max(one.was) AS was,
             -- What a process held that was killed has run out long ago.
             max(one.until) > present - interval '10 minutes'
               AND (one.process <> holder OR given.held OR max(one.until) > given.until) AS stays
      FROM (SELECT key AS process, (value #>> '{}')::timestamp(3) AS until, (value #>> '{}')::timestamp(3) AS was
            FROM jsonb_each(now_is."busyHolds")
            UNION ALL SELECT holder, given.until, NULL WHERE given.held) one
      GROUP BY one.process) every) known
  WHERE agent."id" = given.id;
END
$$;

-- Activity is a change only where it may move something (0005). What is taken back, once a turn is over, moves something
-- if a restart waits for it ('draining'), or if the agent's time ends earlier by it.
CREATE OR REPLACE FUNCTION mosaic_only_prolongs(phase TEXT, idle_minutes INTEGER, was_active TIMESTAMP, is_active TIMESTAMP,
                                                was_busy TIMESTAMP, is_busy TIMESTAMP) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT COALESCE(phase NOT IN ('stopped', 'stopping', 'paused', 'hibernated', 'failed')
    AND is_active >= was_active
    AND (was_busy IS NULL OR is_busy >= was_busy
         OR (phase <> 'draining' AND was_busy <= is_active + make_interval(mins => idle_minutes)))
    AND was_active + make_interval(mins => idle_minutes)
        > (clock_timestamp() AT TIME ZONE 'UTC') + interval '5 seconds', false)
$$;

-- As in 0003, and a restart that waits for the end of a turn hears of it.
CREATE OR REPLACE FUNCTION mosaic_user_containers_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_announce(array_agg(heard.word || heard."id")) FROM (
    SELECT compared."id", CASE WHEN compared.wakes THEN 'wake/user/' ELSE 'user/' END AS word FROM (
      SELECT n."id",
        o."id" IS NULL OR n."generation" <> o."generation"
          OR (n."changeXid" <> o."changeXid" AND n."lastActiveAt" IS NOT DISTINCT FROM o."lastActiveAt"
              AND n."busyUntil" IS NOT DISTINCT FROM o."busyUntil")
          OR (n."phase" = 'draining' AND n."busyUntil" < o."busyUntil") AS changed,
        n."lastActiveAt" IS DISTINCT FROM o."lastActiveAt"
          AND mosaic_wakes(n."desiredState", n."deletionRequestedAt", n."phase", n."idleTimeoutMin", o."lastActiveAt",
                           n."lastActiveAt") AS wakes
      FROM new_rows n LEFT JOIN old_rows o ON o."id" = n."id") compared
    WHERE compared.changed OR compared.wakes
    LIMIT 51) heard;
  RETURN NULL;
END
$$;

-- As at the end of 0003: the functions keep a search path of their own.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
              AND proname IN ('mosaic_only_prolongs', 'mosaic_record_activity', 'mosaic_user_containers_updated') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
