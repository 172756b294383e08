-- What the pipeline says of itself does not grow for ever: the quality job deletes what is older than its setting says.

GRANT DELETE ON error_logs, sync_history, data_quality_metrics TO quality;
-- Of streams that the stack no longer has.
GRANT DELETE ON pipeline_status TO quality;
