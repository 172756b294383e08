-- What the pipeline says of itself.

CREATE TABLE pipeline_state (
  source text NOT NULL,
  stream text NOT NULL,
  cursor jsonb NOT NULL,
  run_id uuid,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, stream)
);
COMMENT ON TABLE pipeline_state IS 'How far each stream was read; changes in the same transaction as the rows.';

CREATE TABLE sync_history (
  run_id uuid NOT NULL,
  source text NOT NULL,
  stream text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'succeeded', 'degraded', 'failed')),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_changed bigint NOT NULL DEFAULT 0,
  rows_rejected bigint NOT NULL DEFAULT 0,
  message text,
  PRIMARY KEY (run_id, stream)
);
CREATE INDEX sync_history_by_stream ON sync_history (stream, started_at DESC);
COMMENT ON TABLE sync_history IS 'Every run of every stream.';

CREATE TABLE error_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid,
  source text NOT NULL,
  stream text NOT NULL,
  key text,
  reason text NOT NULL,
  issues jsonb,
  raw jsonb,
  occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX error_logs_by_stream ON error_logs (stream, occurred_at DESC);
COMMENT ON TABLE error_logs IS 'Records that were rejected, and why.';
COMMENT ON COLUMN error_logs.raw IS 'PII. The record as it came; only the pipeline reads it.';

CREATE TABLE pipeline_status (
  stream text PRIMARY KEY,
  source text NOT NULL,
  state text NOT NULL CHECK (state IN ('ok', 'degraded', 'failed', 'unknown')),
  rows bigint,
  warehouse_rows bigint,
  lag_seconds double precision,
  quality double precision,
  last_success_at timestamptz,
  message text,
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pipeline_status IS 'How each stream is now.';
COMMENT ON COLUMN pipeline_status.quality IS 'Percent.';

CREATE TABLE data_quality_metrics (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL,
  check_name text NOT NULL,
  score double precision NOT NULL,
  passed boolean NOT NULL,
  observed double precision,
  threshold double precision,
  run_id uuid,
  measured_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX data_quality_metrics_by_check ON data_quality_metrics (stream, check_name, measured_at DESC);
COMMENT ON TABLE data_quality_metrics IS 'Every result of every check.';
COMMENT ON COLUMN data_quality_metrics.score IS 'Percent.';

CREATE VIEW pipeline_streams AS
  SELECT stream AS name, source, state, rows, warehouse_rows, lag_seconds, quality, message, updated_at
  FROM pipeline_status
  ORDER BY stream;
COMMENT ON VIEW pipeline_streams IS 'What make status shows of each stream.';
