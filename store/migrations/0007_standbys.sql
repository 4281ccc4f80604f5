-- Who leads since when, and who stands by: for people who ask; nothing is decided by it.
ALTER TABLE "ControllerLease" ADD COLUMN "acquiredAt" TIMESTAMP(3);

-- Controllers that found the lease taken. Each says so again every few seconds; what was not heard for longer is gone.
CREATE TABLE "ControllerStandby" (
  "holder" TEXT NOT NULL,
  "seenAt" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "ControllerStandby_pkey" PRIMARY KEY ("holder")
);
