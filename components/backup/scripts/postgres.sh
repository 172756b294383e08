# Dumps PostgreSQL's databases into /backup/dumps. Arguments: host, port, databases.
set -eu
umask 077
host=$1 port=$2
shift 2
# Never as an argument: the list of processes is not secret.
PGUSER=backup PGPASSWORD="$(cat /run/secrets/postgres/password)"
PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/postgres/ca.crt PGCONNECT_TIMEOUT=30
export PGUSER PGPASSWORD PGSSLMODE PGSSLROOTCERT PGCONNECT_TIMEOUT
rm -rf /backup/dumps
mkdir /backup/dumps
date -u +%Y-%m-%dT%H:%M:%SZ >/backup/started
for database in "$@"; do
  # Uncompressed: restic finds what is stored already, and compresses the rest.
  if ! pg_dump --host="$host" --port="$port" --no-password --format=custom --compress=0 \
    --file="/backup/dumps/$database.dump" "$database"; then
    echo "backup: pg_dump could not read all of database $database at $host; nothing is stored. Mend what it says above; the next run starts anew" >&2
    exit 1
  fi
  echo "database $database: $(wc -c <"/backup/dumps/$database.dump") bytes"
done
