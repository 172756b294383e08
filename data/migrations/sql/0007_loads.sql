-- The quality job writes what Estuary loaded as runs.

GRANT INSERT, UPDATE ON sync_history TO quality;
COMMENT ON TABLE sync_history IS 'Every run of Gong''s streams; of Estuary''s streams every hour in which records were published.';
