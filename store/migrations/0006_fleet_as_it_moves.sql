-- Whoever watches the fleet must hear of agents that come and go, and of another reason in the same phase. Until here
-- mosaic_status told only of a phase or an endpoint that moved. 'relist': too many for single words.
CREATE FUNCTION mosaic_agents_came_or_went() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told TEXT[];
BEGIN
  SELECT array_agg(TG_ARGV[0] || '/' || moved."id") INTO told FROM (SELECT "id" FROM moved_rows LIMIT 51) moved;
  IF told IS NULL THEN
    RETURN NULL;
  ELSIF cardinality(told) > 50 OR EXISTS (SELECT FROM unnest(told) k WHERE octet_length(k) > 4000) THEN
    PERFORM pg_notify('mosaic_status', 'relist');
  ELSE
    PERFORM pg_notify('mosaic_status', k) FROM unnest(told) k;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_containers_came" AFTER INSERT ON "UserContainer"
  REFERENCING NEW TABLE AS moved_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_came_or_went('user');
CREATE TRIGGER "mosaic_system_containers_came" AFTER INSERT ON "SystemContainer"
  REFERENCING NEW TABLE AS moved_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_came_or_went('system');
CREATE TRIGGER "mosaic_user_containers_went" AFTER DELETE ON "UserContainer"
  REFERENCING OLD TABLE AS moved_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_came_or_went('user');
CREATE TRIGGER "mosaic_system_containers_went" AFTER DELETE ON "SystemContainer"
  REFERENCING OLD TABLE AS moved_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_came_or_went('system');

DROP TRIGGER "mosaic_user_status_moved" ON "UserContainer";
CREATE TRIGGER "mosaic_user_status_moved" AFTER UPDATE ON "UserContainer" FOR EACH ROW
  WHEN (OLD."phase" IS DISTINCT FROM NEW."phase" OR OLD."endpoint" IS DISTINCT FROM NEW."endpoint"
        OR OLD."conditions" IS DISTINCT FROM NEW."conditions")
  EXECUTE FUNCTION mosaic_status_moved('user');
DROP TRIGGER "mosaic_system_status_moved" ON "SystemContainer";
CREATE TRIGGER "mosaic_system_status_moved" AFTER UPDATE ON "SystemContainer" FOR EACH ROW
  WHEN (OLD."phase" IS DISTINCT FROM NEW."phase" OR OLD."endpoint" IS DISTINCT FROM NEW."endpoint"
        OR OLD."conditions" IS DISTINCT FROM NEW."conditions")
  EXECUTE FUNCTION mosaic_status_moved('system');

-- As at the end of 0003: the function keeps a search path of its own.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION mosaic_agents_came_or_went() SET search_path = %I, pg_temp', current_schema());
END
$$;
