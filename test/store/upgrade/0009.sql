UPDATE "mosaic_instance" SET "apiGrants" = '0123456789abcdef0123456789abcdef';
