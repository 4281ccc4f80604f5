-- What the egress proxy refused an agent stands among its events. Of all events it is the only kind that the API writes,
-- and this is all that it may do to them (store/api_role gives the API's role what begins with mosaic_api_): a process in
-- foreign hands cannot tell of anything else.
CREATE FUNCTION mosaic_api_egress_refused(moment TIMESTAMP, agent_kind TEXT, agent_id TEXT, said TEXT)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  newest "AgentEvent"%ROWTYPE;
BEGIN
  SELECT * INTO newest FROM "AgentEvent" WHERE "kind" = agent_kind AND "agentId" = agent_id ORDER BY "id" DESC LIMIT 1;
  IF newest."reason" = 'EgressRefused' AND newest."message" = left(said, 2000) THEN
    UPDATE "AgentEvent" SET "count" = "count" + 1, "at" = moment WHERE "id" = newest."id";
  ELSE
    INSERT INTO "AgentEvent" ("at", "kind", "agentId", "severity", "reason", "message", "count")
    VALUES (moment, agent_kind, agent_id, 'warning', 'EgressRefused', left(said, 2000), 1);
  END IF;
END
$$;
