UPDATE "mosaic_instance" SET "nextKeyCheck" = 'enc:next', "fingerprintKey" = 'enc:fingerprints';
