-- A rotation of the secret key: a proof of the key that everything goes to, beside the one in force, for as long as it
-- lasts; and, from the first one on, the key of fingerprints, encrypted like every secret.
ALTER TABLE "mosaic_instance" ADD COLUMN "nextKeyCheck" TEXT;
ALTER TABLE "mosaic_instance" ADD COLUMN "fingerprintKey" TEXT;

-- Whether the present transaction writes what is stored under another key and changes nothing else: the same secret in
-- another ciphertext is no change of anything. Otherwise every agent of the fleet would be looked at.
CREATE FUNCTION mosaic_reencrypts() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT COALESCE(pg_catalog.current_setting('mosaic.reencrypts', true) = 'on', false)
$$;

DROP TRIGGER "mosaic_user_container_update" ON "UserContainer";
CREATE TRIGGER "mosaic_user_container_update" BEFORE UPDATE ON "UserContainer"
  FOR EACH ROW WHEN (NOT mosaic_reencrypts()) EXECUTE FUNCTION mosaic_user_container_update();

DROP TRIGGER "mosaic_system_container_update" ON "SystemContainer";
CREATE TRIGGER "mosaic_system_container_update" BEFORE UPDATE ON "SystemContainer"
  FOR EACH ROW WHEN (NOT mosaic_reencrypts()) EXECUTE FUNCTION mosaic_system_container_update();

DROP TRIGGER "mosaic_provider_update" ON "LlmProvider";
CREATE TRIGGER "mosaic_provider_update" BEFORE UPDATE ON "LlmProvider"
  FOR EACH ROW WHEN (NOT mosaic_reencrypts()) EXECUTE FUNCTION mosaic_provider_update();

DROP TRIGGER "mosaic_provider_updated" ON "LlmProvider";
CREATE TRIGGER "mosaic_provider_updated" AFTER UPDATE ON "LlmProvider" FOR EACH ROW
  WHEN (NOT mosaic_reencrypts() AND
        ROW(OLD."id", OLD."userId", OLD."name", OLD."displayName", OLD."type", OLD."baseUrl", OLD."apiKey",
            OLD."apiType", OLD."models", OLD."isActive")
        IS DISTINCT FROM
        ROW(NEW."id", NEW."userId", NEW."name", NEW."displayName", NEW."type", NEW."baseUrl", NEW."apiKey",
            NEW."apiType", NEW."models", NEW."isActive"))
  EXECUTE FUNCTION mosaic_provider_changed();
