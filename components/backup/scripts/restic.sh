# restic with the repository, its password and the bucket's keys. Arguments: restic's own, like `snapshots`.
set -eu
umask 077
RESTIC_REPOSITORY_FILE=/scripts/repository RESTIC_PASSWORD_FILE=/run/secrets/backup/password
RESTIC_CACHE_DIR=/backup/cache TMPDIR=/backup
AWS_ACCESS_KEY_ID="$(cat /run/secrets/backup/accessKeyId)"
AWS_SECRET_ACCESS_KEY="$(cat /run/secrets/backup/secretAccessKey)"
export RESTIC_REPOSITORY_FILE RESTIC_PASSWORD_FILE RESTIC_CACHE_DIR TMPDIR AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
exec restic "$@"
