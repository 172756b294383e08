# Opens the repository, before anything is read; makes it where the bucket has none. Argument: seconds to wait for an answer.
set -eu
repository="$(cat /scripts/repository)"
failed() {
  cat /backup/answer >&2
  echo "backup: $1" >&2
  exit 1
}
# Amazon's words for what stays refused, which other providers have, too.
no_key="Access Key Id you provided does not exist"
no_match="signature we calculated does not match"
no_bucket="bucket does not exist"
# Where the bucket says what it refuses.
refused() {
  case "$(cat /backup/answer)" in
    *"$no_key"*) failed "$repository refuses the secret backupAccessKeyId: its provider has no such access key. Put one that it has into ESC, with its secret" ;;
    *"$no_match"*) failed "$repository refuses the secret backupSecretAccessKey: it is not that of the access key in backupAccessKeyId. Put both into ESC" ;;
    *"$no_bucket"*) failed "$repository has no bucket: make it at its provider, or correct backup.repository" ;;
    *"Access Denied"*) failed "$repository refuses what the access key in backupAccessKeyId may not do; what it was is above. Allow it to list, read, write and delete there" ;;
  esac
}
# restic, until the bucket refuses for good or the seconds are over: by itself it goes on asking for a quarter of an hour.
# Arguments: seconds, then restic's own.
ask() {
  seconds=$1
  shift
  rm -f /backup/said
  mkfifo /backup/said
  : >/backup/answer
  timeout "$seconds" sh /scripts/restic.sh "$@" 2>/backup/said &
  asking=$!
  while IFS= read -r line; do
    printf '%s\n' "$line" >>/backup/answer
    case "$line" in
      # It may have ended by itself.
      *"$no_key"* | *"$no_match"* | *"$no_bucket"*) kill "$asking" 2>/dev/null || true ;;
    esac
  done </backup/said
  wait "$asking"
}
code=0
ask "$1" cat config >/dev/null || code=$?
case $code in
  0)
    # Also where its lock could be made and not removed.
    refused
    echo "the repository $repository opens"
    ;;
  10)
    ask "$1" init || {
      refused
      failed "no repository could be made at $repository; restic says why above. Its keys must be allowed to list, read, write and delete there"
    }
    ;;
  12) failed "the repository $repository is not opened by the secret backupPassword: give it the password that it was made with, or add one with restic key add" ;;
  124 | 143)
    refused
    failed "$repository gave no answer that restic could use within $1 s; what came back is above. Check backup.repository, backupAccessKeyId and backupSecretAccessKey"
    ;;
  *)
    refused
    failed "the repository $repository does not open: restic ended with $code and says why above. Check backup.repository, backupAccessKeyId and backupSecretAccessKey"
    ;;
esac
