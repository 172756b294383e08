# Opens the repository, before anything is read; makes it where the bucket has none. Argument: seconds to wait for an answer.
set -eu
repository="$(cat /scripts/repository)"
failed() {
  cat /backup/answer >&2
  echo "backup: $1" >&2
  exit 1
}
# Where the bucket says what it refuses: in Amazon's words, which other providers have, too.
refused() {
  case "$(cat /backup/answer)" in
    *"Access Key Id you provided does not exist"*) failed "$repository refuses the secret backupAccessKeyId: its provider has no such access key. Put one that it has into ESC, with its secret" ;;
    *"signature we calculated does not match"*) failed "$repository refuses the secret backupSecretAccessKey: it is not that of the access key in backupAccessKeyId. Put both into ESC" ;;
    *"bucket does not exist"*) failed "$repository has no bucket: make it at its provider, or correct backup.repository" ;;
    *"Access Denied"*) failed "$repository refuses what the access key in backupAccessKeyId may not do; what it was is above. Allow it to list, read, write and delete there" ;;
  esac
}
code=0
# By itself restic goes on asking for a quarter of an hour, also after a key that is not known.
timeout "$1" sh /scripts/restic.sh cat config >/dev/null 2>/backup/answer || code=$?
case $code in
  0)
    # Also where its lock could be made and not removed.
    refused
    echo "the repository $repository opens"
    ;;
  10)
    timeout "$1" sh /scripts/restic.sh init 2>/backup/answer || {
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
