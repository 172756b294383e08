-- Gong's records. Ids are texts: they exceed 2^53. Everything but the key may be missing at Gong.

CREATE TABLE gong_calls_staging (
  call_id text PRIMARY KEY,
  workspace_id text,
  title text,
  url text,
  scheduled_at timestamptz,
  started_at timestamptz,
  duration_s integer,
  primary_user_id text,
  direction text,
  system text,
  scope text,
  media text,
  language text,
  purpose text,
  is_private boolean,
  parties jsonb,
  crm_context jsonb,
  topics jsonb,
  transcript jsonb,
  raw jsonb,
  _run_id uuid NOT NULL,
  _extracted_at timestamptz NOT NULL,
  _loaded_at timestamptz NOT NULL DEFAULT now(),
  _source_updated_at timestamptz,
  _row_hash bytea NOT NULL,
  _deleted_at timestamptz
);
CREATE INDEX gong_calls_by_start ON gong_calls_staging (started_at DESC);
CREATE INDEX gong_calls_by_user ON gong_calls_staging (primary_user_id, started_at DESC);
CREATE INDEX gong_calls_by_load ON gong_calls_staging (_loaded_at);
COMMENT ON TABLE gong_calls_staging IS 'Calls of Gong.';
COMMENT ON COLUMN gong_calls_staging.title IS 'PII: often names people.';
COMMENT ON COLUMN gong_calls_staging.parties IS 'PII: names and e-mail addresses.';
COMMENT ON COLUMN gong_calls_staging.crm_context IS 'PII: the CRM objects that the call was about.';
COMMENT ON COLUMN gong_calls_staging.transcript IS 'PII: what was said.';
COMMENT ON COLUMN gong_calls_staging.raw IS 'PII: the record as Gong sent it, without transcript.';

CREATE TABLE gong_users_staging (
  user_id text PRIMARY KEY,
  email text,
  first_name text,
  last_name text,
  title text,
  manager_id text,
  active boolean,
  created_at timestamptz,
  settings jsonb,
  raw jsonb,
  _run_id uuid NOT NULL,
  _extracted_at timestamptz NOT NULL,
  _loaded_at timestamptz NOT NULL DEFAULT now(),
  _source_updated_at timestamptz,
  _row_hash bytea NOT NULL,
  _deleted_at timestamptz
);
CREATE INDEX gong_users_by_email ON gong_users_staging (lower(email));
CREATE INDEX gong_users_by_load ON gong_users_staging (_loaded_at);
COMMENT ON TABLE gong_users_staging IS 'Users of Gong.';
COMMENT ON COLUMN gong_users_staging.email IS 'PII.';
COMMENT ON COLUMN gong_users_staging.first_name IS 'PII.';
COMMENT ON COLUMN gong_users_staging.last_name IS 'PII.';
COMMENT ON COLUMN gong_users_staging.raw IS 'PII: the record as Gong sent it.';

CREATE TABLE gong_crm_entities_staging (
  crm_system text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  fields jsonb,
  first_seen_call_id text,
  last_seen_call_id text,
  raw jsonb,
  _run_id uuid NOT NULL,
  _extracted_at timestamptz NOT NULL,
  _loaded_at timestamptz NOT NULL DEFAULT now(),
  _source_updated_at timestamptz,
  _row_hash bytea NOT NULL,
  _deleted_at timestamptz,
  PRIMARY KEY (crm_system, object_type, object_id)
);
CREATE INDEX gong_crm_entities_by_load ON gong_crm_entities_staging (_loaded_at);
COMMENT ON TABLE gong_crm_entities_staging IS 'CRM objects that calls were about, as Gong has them.';
COMMENT ON COLUMN gong_crm_entities_staging.fields IS 'PII: what the CRM knows.';
COMMENT ON COLUMN gong_crm_entities_staging.raw IS 'PII: the record as Gong sent it.';
