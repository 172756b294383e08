-- Which fields HubSpot's and Slack's records have, so that the quality checks can tell that one is new, gone, or other.

CREATE TABLE stream_fields (
  stream text PRIMARY KEY,
  remembered jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE stream_fields IS 'Fields and columns of each stream at the last look of the quality checks.';
GRANT SELECT, INSERT, UPDATE ON stream_fields TO quality;
