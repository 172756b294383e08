# Copies Redis into /backup/dumps/redis.rdb. Arguments: host, port.
set -eu
umask 077
REDISCLI_AUTH="$(cat /run/secrets/redis/password)"
export REDISCLI_AUTH
copy=/backup/dumps/redis.rdb
failed() {
  echo "backup: $1; nothing is stored. The next run starts anew" >&2
  exit 1
}
redis-cli --tls --cacert /run/secrets/redis/ca.crt --user backup -h "$1" -p "$2" --rdb "$copy" ||
  failed "redis-cli could not copy Redis at $1; it says why above"
checked="$(redis-check-rdb "$copy" 2>&1)" ||
  failed "the copy of Redis at $1 is not whole: $checked"
echo "Redis: $(wc -c <"$copy") bytes"
