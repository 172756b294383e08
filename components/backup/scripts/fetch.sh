# Fetches the dumps of a backup into /backup/dumps. Arguments: name of the stack, and a snapshot (default: the latest).
set -eu
umask 077
rm -rf /backup/dumps
sh /scripts/restic.sh restore "${2:-latest}:/backup/dumps" --host "$1" --target /backup/dumps --verify || {
  echo "backup: snapshot ${2:-latest} of stack $1 was not fetched; restic says why above" >&2
  exit 1
}
ls -l /backup/dumps
