UPDATE "mosaic_feed" SET "configXid" = pg_current_xact_id();
