-- Who must hear of which change. Two channels: mosaic_changed carries 'user/<id>', 'system/<id>', 'wake/user/<id>'
-- (somebody waits for this agent), 'settings' or 'relist'; mosaic_status carries the key of an agent whose phase or endpoint moved. Both are hints: "changeXid",
-- which the same triggers keep, is what nobody can miss.

-- Announces keys, or one 'relist' when there are many.
CREATE FUNCTION mosaic_announce(agent_keys TEXT[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF agent_keys IS NULL THEN
    RETURN;
  ELSIF cardinality(agent_keys) > 50 OR EXISTS (SELECT FROM unnest(agent_keys) k WHERE octet_length(k) > 4000) THEN
    PERFORM pg_notify('mosaic_changed', 'relist');
  ELSE
    PERFORM pg_notify('mosaic_changed', k) FROM unnest(agent_keys) k;
  END IF;
END
$$;

CREATE FUNCTION mosaic_bury(kind TEXT, ids TEXT[], owners TEXT[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO "AgentTombstone" ("kind", "id", "owner")
  SELECT kind, gone.id, gone.owner FROM unnest(ids, owners) AS gone(id, owner)
  ON CONFLICT ("kind", "id") DO UPDATE SET "owner" = excluded."owner", "deletedAt" = excluded."deletedAt",
    "changeXid" = excluded."changeXid";
$$;

-- Whether a new lastActiveAt should be heard at once: only where it moves an agent that sleeps, has failed, or whose
-- idle deadline has passed or is about to (the controller may be putting it to sleep at this very moment).
CREATE FUNCTION mosaic_wakes(desired TEXT, deletion TIMESTAMP, phase TEXT, idle_minutes INTEGER, was TIMESTAMP,
                             becomes TIMESTAMP) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT becomes IS NOT NULL AND was IS DISTINCT FROM becomes AND desired = 'auto' AND deletion IS NULL
    AND (phase IN ('stopped', 'stopping', 'paused', 'hibernated', 'failed') OR was IS NULL
      OR was + make_interval(mins => idle_minutes) <= (clock_timestamp() AT TIME ZONE 'UTC') + interval '5 seconds')
$$;

-- Keeps generation and changeXid; writes to the status side pass untouched. The seed's "config" column is only a
-- cache of what the configuration endpoint answers, so it is not part of the spec.
CREATE FUNCTION mosaic_user_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
  ELSIF NEW."lastActiveAt" IS DISTINCT FROM OLD."lastActiveAt" OR NEW."busyUntil" IS DISTINCT FROM OLD."busyUntil" THEN
    NEW."changeXid" := pg_current_xact_id();
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "mosaic_user_container_update" BEFORE UPDATE ON "UserContainer"
  FOR EACH ROW EXECUTE FUNCTION mosaic_user_container_update();

CREATE FUNCTION mosaic_system_container_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" THEN
    PERFORM mosaic_bury('system', ARRAY[OLD."id"], ARRAY[OLD."name"]);
    PERFORM mosaic_announce(ARRAY['system/' || OLD."id"]);
  END IF;
  IF ROW(NEW."id", NEW."name", NEW."role", NEW."gatewayToken", NEW."primaryModel", NEW."providerId", NEW."isActive",
         NEW."desiredState", NEW."restartedAt", NEW."image", NEW."memoryMb", NEW."cpuMilli",
         NEW."deletionRequestedAt", NEW."purge")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."name", OLD."role", OLD."gatewayToken", OLD."primaryModel", OLD."providerId", OLD."isActive",
         OLD."desiredState", OLD."restartedAt", OLD."image", OLD."memoryMb", OLD."cpuMilli",
         OLD."deletionRequestedAt", OLD."purge") THEN
    NEW."generation" := OLD."generation" + 1;
    NEW."changeXid" := pg_current_xact_id();
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "mosaic_system_container_update" BEFORE UPDATE ON "SystemContainer"
  FOR EACH ROW EXECUTE FUNCTION mosaic_system_container_update();

-- After a statement: which of its rows are worth a word. A new changeXid without new activity is a change of what the
-- agent's configuration depends on.
CREATE FUNCTION mosaic_user_containers_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_announce(array_agg(heard.word || heard."id")) FROM (
    SELECT compared."id", CASE WHEN compared.wakes THEN 'wake/user/' ELSE 'user/' END AS word FROM (
      SELECT n."id",
        o."id" IS NULL OR n."generation" <> o."generation"
          OR (n."changeXid" <> o."changeXid" AND n."lastActiveAt" IS NOT DISTINCT FROM o."lastActiveAt"
              AND n."busyUntil" IS NOT DISTINCT FROM o."busyUntil") AS changed,
        n."lastActiveAt" IS DISTINCT FROM o."lastActiveAt"
          AND mosaic_wakes(n."desiredState", n."deletionRequestedAt", n."phase", n."idleTimeoutMin", o."lastActiveAt",
                           n."lastActiveAt") AS wakes
      FROM new_rows n LEFT JOIN old_rows o ON o."id" = n."id") compared
    WHERE compared.changed OR compared.wakes
    LIMIT 51) heard;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_containers_updated" AFTER UPDATE ON "UserContainer"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_user_containers_updated();

CREATE FUNCTION mosaic_system_containers_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_announce(array_agg('system/' || heard."id")) FROM (
    SELECT n."id" FROM new_rows n LEFT JOIN old_rows o ON o."id" = n."id"
    WHERE o."id" IS NULL OR n."generation" <> o."generation" OR n."changeXid" <> o."changeXid"
    LIMIT 51) heard;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_system_containers_updated" AFTER UPDATE ON "SystemContainer"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_system_containers_updated();

-- Insertions and deletions. The trigger's argument is the word for the kind.
CREATE FUNCTION mosaic_agents_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_announce(array_agg(TG_ARGV[0] || '/' || added."id")) FROM (
    SELECT "id" FROM new_rows LIMIT 51) added;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_containers_inserted" AFTER INSERT ON "UserContainer"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_inserted('user');
CREATE TRIGGER "mosaic_system_containers_inserted" AFTER INSERT ON "SystemContainer"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_inserted('system');

CREATE FUNCTION mosaic_user_containers_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_bury('user', array_agg("id"), array_agg("userId")),
          mosaic_announce(array_agg('user/' || "id")) FROM old_rows;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_containers_deleted" AFTER DELETE ON "UserContainer"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_user_containers_deleted();

CREATE FUNCTION mosaic_system_containers_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mosaic_bury('system', array_agg("id"), array_agg("name")),
          mosaic_announce(array_agg('system/' || "id")) FROM old_rows;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_system_containers_deleted" AFTER DELETE ON "SystemContainer"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mosaic_system_containers_deleted();

-- TRUNCATE names no rows and leaves no tombstone, so nothing is removed on its word; but everybody looks.
CREATE FUNCTION mosaic_agents_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "mosaic_feed" SET "relistXid" = pg_current_xact_id();
  PERFORM pg_notify('mosaic_changed', 'relist');
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_containers_truncated" AFTER TRUNCATE ON "UserContainer"
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_truncated();
CREATE TRIGGER "mosaic_system_containers_truncated" AFTER TRUNCATE ON "SystemContainer"
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_agents_truncated();

-- Status, for those who wait for an agent to be ready.
CREATE FUNCTION mosaic_status_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF octet_length(NEW."id") <= 4000 THEN
    PERFORM pg_notify('mosaic_status', TG_ARGV[0] || '/' || NEW."id");
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_user_status_moved" AFTER UPDATE ON "UserContainer" FOR EACH ROW
  WHEN (OLD."phase" IS DISTINCT FROM NEW."phase" OR OLD."endpoint" IS DISTINCT FROM NEW."endpoint")
  EXECUTE FUNCTION mosaic_status_moved('user');
CREATE TRIGGER "mosaic_system_status_moved" AFTER UPDATE ON "SystemContainer" FOR EACH ROW
  WHEN (OLD."phase" IS DISTINCT FROM NEW."phase" OR OLD."endpoint" IS DISTINCT FROM NEW."endpoint")
  EXECUTE FUNCTION mosaic_status_moved('system');

-- Marks agents whose configuration depends on something of these owners, or on these providers. Rows are locked in
-- the order of their ids, so that two such statements never wait for each other in a circle.
CREATE FUNCTION mosaic_mark_dependents(owners TEXT[], provider_ids TEXT[]) RETURNS void LANGUAGE sql AS $$
  UPDATE "UserContainer" agent SET "changeXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "UserContainer" WHERE "userId" = ANY (owners) ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";

  UPDATE "SystemContainer" agent SET "changeXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "SystemContainer"
        WHERE "providerId" = ANY (provider_ids)
           OR "providerId" IN (SELECT "id" FROM "LlmProvider" WHERE "userId" = ANY (owners))
           OR ("providerId" IS NULL AND EXISTS (
                 SELECT FROM "BreakglassUser" WHERE "id" = ANY (owners) AND "isActive"))
        ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";
$$;

CREATE FUNCTION mosaic_provider_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM mosaic_mark_dependents(ARRAY[NEW."userId"], ARRAY[NEW."id"]);
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM mosaic_mark_dependents(ARRAY[OLD."userId"], ARRAY[OLD."id"]);
  ELSE
    PERFORM mosaic_mark_dependents(ARRAY[OLD."userId", NEW."userId"], ARRAY[OLD."id", NEW."id"]);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_provider_added" AFTER INSERT OR DELETE ON "LlmProvider"
  FOR EACH ROW EXECUTE FUNCTION mosaic_provider_changed();
CREATE TRIGGER "mosaic_provider_updated" AFTER UPDATE ON "LlmProvider" FOR EACH ROW
  WHEN (ROW(OLD."id", OLD."userId", OLD."name", OLD."displayName", OLD."type", OLD."baseUrl", OLD."apiKey",
            OLD."apiType", OLD."models", OLD."isActive")
        IS DISTINCT FROM
        ROW(NEW."id", NEW."userId", NEW."name", NEW."displayName", NEW."type", NEW."baseUrl", NEW."apiKey",
            NEW."apiType", NEW."models", NEW."isActive"))
  EXECUTE FUNCTION mosaic_provider_changed();

CREATE FUNCTION mosaic_agent_config_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owners TEXT[];
BEGIN
  IF TG_OP <> 'INSERT' THEN owners := owners || OLD."userId"; END IF;
  IF TG_OP <> 'DELETE' THEN owners := owners || NEW."userId"; END IF;
  UPDATE "UserContainer" SET "changeXid" = pg_current_xact_id() WHERE "userId" = ANY (owners);
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_agent_config_added" AFTER INSERT OR DELETE ON "UserAgentConfig"
  FOR EACH ROW EXECUTE FUNCTION mosaic_agent_config_changed();
CREATE TRIGGER "mosaic_agent_config_updated" AFTER UPDATE ON "UserAgentConfig" FOR EACH ROW
  WHEN (ROW(OLD."userId", OLD."primaryModel", OLD."fallbackModels", OLD."personality", OLD."providerId")
        IS DISTINCT FROM
        ROW(NEW."userId", NEW."primaryModel", NEW."fallbackModels", NEW."personality", NEW."providerId"))
  EXECUTE FUNCTION mosaic_agent_config_changed();

-- System agents without a provider of their own use those of the active breakglass users.
CREATE FUNCTION mosaic_admins_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "SystemContainer" agent SET "changeXid" = pg_current_xact_id()
  FROM (SELECT "id" FROM "SystemContainer" WHERE "providerId" IS NULL ORDER BY "id" FOR NO KEY UPDATE) affected
  WHERE agent."id" = affected."id";
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_admin_added" AFTER INSERT OR DELETE ON "BreakglassUser"
  FOR EACH STATEMENT EXECUTE FUNCTION mosaic_admins_changed();
CREATE TRIGGER "mosaic_admin_updated" AFTER UPDATE ON "BreakglassUser" FOR EACH ROW
  WHEN (OLD."isActive" IS DISTINCT FROM NEW."isActive" OR OLD."id" IS DISTINCT FROM NEW."id")
  EXECUTE FUNCTION mosaic_admins_changed();

-- Fleet-wide settings.
CREATE FUNCTION mosaic_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "mosaic_feed" SET "settingsXid" = pg_current_xact_id();
  PERFORM pg_notify('mosaic_changed', 'settings');
  RETURN NULL;
END
$$;
CREATE TRIGGER "mosaic_settings_added" AFTER INSERT ON "SystemConfig" FOR EACH ROW
  WHEN (NEW."key" LIKE 'fleet.%') EXECUTE FUNCTION mosaic_settings_changed();
CREATE TRIGGER "mosaic_settings_removed" AFTER DELETE ON "SystemConfig" FOR EACH ROW
  WHEN (OLD."key" LIKE 'fleet.%') EXECUTE FUNCTION mosaic_settings_changed();
CREATE TRIGGER "mosaic_settings_updated" AFTER UPDATE ON "SystemConfig" FOR EACH ROW
  WHEN ((OLD."key" LIKE 'fleet.%' OR NEW."key" LIKE 'fleet.%')
        AND ROW(OLD."key", OLD."value", OLD."encrypted") IS DISTINCT FROM ROW(NEW."key", NEW."value", NEW."encrypted"))
  EXECUTE FUNCTION mosaic_settings_changed();

-- A client may reach these tables by qualified names, with a search path of its own; the functions keep theirs.
DO $$
DECLARE
  ours REGPROCEDURE;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'mosaic\_%' LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', ours, current_schema());
  END LOOP;
END
$$;
