-- The second wall. A statement that is about one person's things says whose (the setting "mosaic.account", for the length
-- of its transaction); then the rows of others do not exist for it, whatever its WHERE says or forgot to say. Where nobody
-- is named nothing changes. Policies never bind the tables' owner, so a client that connects as the owner goes on as
-- before, and so does its pg_dump; the API connects as a role of its own (store/api_role.hpp), which they do bind.

-- '=' and the account's id; NULL where nobody is named. The sign tells a person without an id, who has nothing, from
-- nobody. Inlined into every policy: no search path of its own, and nothing in it that could be another's.
CREATE FUNCTION mosaic_account() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT substr(NULLIF(pg_catalog.current_setting('mosaic.account', true), ''), 2)
$$;

-- Tables with the column that says whose a row is. Of all others a person's own statement sees nothing.
DO $$
DECLARE
  place RECORD;
BEGIN
  FOR place IN
    SELECT split_part(line, ' ', 1) AS table_name, split_part(line, ' ', 2) AS owner_column
    FROM unnest(ARRAY[
      'UserContainer userId', 'UserAgentConfig userId', 'LlmProvider userId', 'FleetUser id', 'BreakglassUser id',
      'UserSession accountId', 'ApiToken accountId', 'IdempotencyRecord accountId',
      'SystemContainer', 'SystemConfig', 'ConsumedText', 'AgentEvent', 'AgentTombstone', 'mosaic_feed'
    ]) AS line
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', place.table_name);
    EXECUTE format('CREATE POLICY "mosaic_account" ON %I USING (mosaic_account() IS NULL%s)', place.table_name,
      CASE WHEN place.owner_column <> '' THEN format(' OR %I = mosaic_account()', place.owner_column) ELSE '' END);
  END LOOP;
END
$$;

-- What was done cannot be undone by whoever did it: the log's last quarter of a year is read and added to only.
ALTER TABLE "AuditEntry" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "mosaic_account" ON "AuditEntry" FOR SELECT
  USING (mosaic_account() IS NULL OR "actorId" = mosaic_account());
CREATE POLICY "mosaic_append" ON "AuditEntry" FOR INSERT
  WITH CHECK (mosaic_account() IS NULL OR "actorId" = mosaic_account());
CREATE POLICY "mosaic_prune" ON "AuditEntry" FOR DELETE
  USING (mosaic_account() IS NULL AND "at" < (now() AT TIME ZONE 'UTC') - interval '90 days');

-- The proof of the key is given once. "apiGrants" is the fingerprint of what the API's role was last given.
ALTER TABLE "mosaic_instance" ADD COLUMN "apiGrants" TEXT;
ALTER TABLE "mosaic_instance" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "mosaic_read" ON "mosaic_instance" FOR SELECT USING (true);
CREATE POLICY "mosaic_first_key" ON "mosaic_instance" FOR UPDATE USING ("keyCheck" IS NULL) WITH CHECK (true);
