-- Which deals a call was about: to find the calls of a deal in crm_context, each question would have to read all calls.

CREATE TABLE gong_call_deals (
  deal_id text NOT NULL,
  call_id text NOT NULL,
  started_at timestamptz,
  PRIMARY KEY (deal_id, call_id)
);
CREATE INDEX gong_call_deals_by_call ON gong_call_deals (call_id);
COMMENT ON TABLE gong_call_deals IS
  'Deals that calls of Gong were about, by the CRM''s ids; without private calls, and those that Gong no longer has.';
GRANT SELECT ON gong_call_deals TO mcp, quality;

-- Triggers, so that it is right whichever release loads the calls. As its owner: gong_loader needs no right to the table.
CREATE FUNCTION gong_call_deals_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE gong_call_deals;
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM gong_call_deals WHERE call_id IN (SELECT call_id FROM calls_before);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO gong_call_deals (deal_id, call_id, started_at)
    SELECT DISTINCT deal.id #>> '{}', c.call_id, c.started_at
    FROM calls_after c, jsonb_path_query(c.crm_context, '$[*].objects[*] ? (@.objectType == "Deal").objectId') AS deal (id)
    WHERE c.is_private IS NOT TRUE AND c._deleted_at IS NULL AND deal.id #>> '{}' IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;

-- For each statement, not each row: Gong's extractor loads hundreds at once.
CREATE TRIGGER gong_call_deals_insert AFTER INSERT ON gong_calls_staging
  REFERENCING NEW TABLE AS calls_after FOR EACH STATEMENT EXECUTE FUNCTION gong_call_deals_follow();
CREATE TRIGGER gong_call_deals_update AFTER UPDATE ON gong_calls_staging
  REFERENCING OLD TABLE AS calls_before NEW TABLE AS calls_after
  FOR EACH STATEMENT EXECUTE FUNCTION gong_call_deals_follow();
CREATE TRIGGER gong_call_deals_delete AFTER DELETE ON gong_calls_staging
  REFERENCING OLD TABLE AS calls_before FOR EACH STATEMENT EXECUTE FUNCTION gong_call_deals_follow();
CREATE TRIGGER gong_call_deals_truncate AFTER TRUNCATE ON gong_calls_staging
  FOR EACH STATEMENT EXECUTE FUNCTION gong_call_deals_follow();

-- Calls that are there already. The triggers' lock keeps the extractor, and no reader, waiting until this is done.
INSERT INTO gong_call_deals (deal_id, call_id, started_at)
SELECT DISTINCT deal.id #>> '{}', c.call_id, c.started_at
FROM gong_calls_staging c, jsonb_path_query(c.crm_context, '$[*].objects[*] ? (@.objectType == "Deal").objectId') AS deal (id)
WHERE c.is_private IS NOT TRUE AND c._deleted_at IS NULL AND deal.id #>> '{}' IS NOT NULL;
ANALYZE gong_call_deals;
