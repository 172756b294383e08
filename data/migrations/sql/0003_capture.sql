-- What Estuary's capture of PostgreSQL needs: https://docs.estuary.dev, "PostgreSQL" among the capture connectors.

CREATE TABLE flow_watermarks (
  slot text PRIMARY KEY,
  watermark text
);
COMMENT ON TABLE flow_watermarks IS 'Estuary writes here where a backfill stands.';

-- Tables by name: Estuary's own checkpoints must not be captured.
CREATE PUBLICATION flow_publication
  FOR TABLE flow_watermarks, gong_calls_staging, gong_users_staging, gong_crm_entities_staging;
ALTER PUBLICATION flow_publication SET (publish_via_partition_root = true);
