# Records a backup that succeeded, where PostgreSQL's exporter reads it. Arguments: host, port, database, its owner.
set -eu
PGPASSWORD="$(cat /run/secrets/record/password)"
PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/postgres/ca.crt PGCONNECT_TIMEOUT=30 PGOPTIONS='-c client_min_messages=warning'
export PGPASSWORD PGSSLMODE PGSSLROOTCERT PGCONNECT_TIMEOUT PGOPTIONS
read -r started </backup/started
read -r snapshot bytes added </backup/stored
psql --no-psqlrc --quiet --no-password --single-transaction --set=ON_ERROR_STOP=1 \
  --host="$1" --port="$2" --dbname="$3" --username="$4" \
  --set=started="$started" --set=snapshot="$snapshot" --set=bytes="$bytes" --set=added="$added" <<'SQL' || {
CREATE SCHEMA IF NOT EXISTS backups;
CREATE TABLE IF NOT EXISTS backups.runs (
  finished_at timestamptz PRIMARY KEY DEFAULT now(),
  started_at timestamptz NOT NULL,
  snapshot text NOT NULL,
  bytes bigint NOT NULL,
  bytes_added bigint NOT NULL
);
GRANT USAGE ON SCHEMA backups TO pg_monitor;
GRANT SELECT ON backups.runs TO pg_monitor;
INSERT INTO backups.runs (started_at, snapshot, bytes, bytes_added) VALUES (:'started', :'snapshot', :bytes, :added);
DELETE FROM backups.runs WHERE finished_at < now() - interval '2 years';
SQL
  echo "backup: snapshot $snapshot is stored, but its success could not be recorded in $3; psql says why above" >&2
  exit 1
}
echo "recorded snapshot $snapshot"
