-- Who may do what. The roles themselves are made with the cluster: components/services/postgres/logins.ts.

GRANT USAGE ON SCHEMA public TO flow_capture, gong_loader, quality, mcp;

GRANT ALL ON flow_watermarks TO flow_capture;
GRANT SELECT ON gong_calls_staging, gong_users_staging, gong_crm_entities_staging TO flow_capture;

GRANT USAGE, CREATE ON SCHEMA public TO flow_materialize;

GRANT SELECT, INSERT, UPDATE ON
  gong_calls_staging, gong_users_staging, gong_crm_entities_staging,
  error_logs, sync_history, pipeline_status, pipeline_state
  TO gong_loader;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO quality;
GRANT INSERT ON data_quality_metrics, error_logs TO quality;
GRANT INSERT, UPDATE ON pipeline_status TO quality;

GRANT SELECT ON
  gong_calls_staging, gong_users_staging, gong_crm_entities_staging,
  pipeline_state, pipeline_status, pipeline_streams, data_quality_metrics, sync_history
  TO mcp;
GRANT SELECT (id, run_id, source, stream, key, reason, issues, occurred_at) ON error_logs TO mcp;

-- Tables that Estuary makes can be read from the first moment, also those that it makes again.
ALTER DEFAULT PRIVILEGES FOR ROLE flow_materialize IN SCHEMA public GRANT SELECT ON TABLES TO flow_capture, quality, mcp;
