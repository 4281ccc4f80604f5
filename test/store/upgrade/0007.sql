UPDATE "ControllerLease" SET "acquiredAt" = '2026-05-01 00:00:00.001';
INSERT INTO "ControllerStandby" VALUES ('host/2', '2026-05-01 00:00:00.001');
