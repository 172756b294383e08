-- MCP servers run queries of their callers, so the database keeps private calls from them, not each server's own filter.

-- The barrier: no part of a query sees a row before the view has decided on it.
CREATE VIEW gong_calls WITH (security_barrier) AS
  SELECT * FROM gong_calls_staging WHERE is_private IS NOT TRUE;
COMMENT ON VIEW gong_calls IS 'Calls of Gong without the private ones.';
COMMENT ON COLUMN gong_calls.title IS 'PII: often names people.';
COMMENT ON COLUMN gong_calls.parties IS 'PII: names and e-mail addresses.';
COMMENT ON COLUMN gong_calls.crm_context IS 'PII: the CRM objects that the call was about.';
COMMENT ON COLUMN gong_calls.transcript IS 'PII: what was said.';
COMMENT ON COLUMN gong_calls.raw IS 'PII: the record as Gong sent it, without transcript.';
COMMENT ON TABLE gong_calls_staging IS 'Calls of Gong. MCP servers read gong_calls, which has no private ones.';

-- contract: private calls are out of reach at once; MCP servers of the release before read no calls until they are updated.
REVOKE SELECT ON gong_calls_staging FROM mcp;
-- How old the newest row is.
GRANT SELECT (_loaded_at) ON gong_calls_staging TO mcp;
GRANT SELECT ON gong_calls TO mcp, quality;
