# Stores /backup/dumps, thins out what is stored, checks it. Arguments: name of the stack; how many daily, weekly, monthly ones to keep.
set -eu
umask 077
stack=$1 daily=$2 weekly=$3 monthly=$4
restic() { sh /scripts/restic.sh "$@"; }
failed() {
  echo "backup: $1; restic says why above" >&2
  exit 1
}
# Only locks that nobody holds any more: a run that was killed leaves one.
restic unlock --quiet || failed "the repository's locks could not be listed, or an old one not removed"
restic backup --json --host "$stack" /backup/dumps >/backup/summary || {
  cat /backup/summary >&2
  failed "the dumps were not stored"
}
# Everything of three days stays: the first backup of a stack that is set up anew, and is still empty, would take the place of
# the same day's good one.
restic forget --host "$stack" --group-by host --prune --retry-lock 10m --keep-within 3d \
  --keep-daily "$daily" --keep-weekly "$weekly" --keep-monthly "$monthly" ||
  failed "the dumps are stored, but those that are not to be kept could not be removed"
restic check --retry-lock 10m || failed "the dumps are stored, but the repository is damaged"
number() { sed -n "s/.*\"message_type\":\"summary\".*\"$1\":\"\{0,1\}\([0-9a-f]*\).*/\1/p" /backup/summary; }
echo "$(number snapshot_id) $(number total_bytes_processed) $(number data_added_packed)" >/backup/stored
echo "stored: $(cat /backup/stored) (snapshot, bytes, bytes added to the repository)"
