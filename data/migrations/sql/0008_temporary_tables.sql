-- A temporary table needs no right to write, and counts in no limit of disk: only those whose loading uses them make any.

DO $do$ BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO gong_loader, flow_materialize', current_database());
END $do$;
