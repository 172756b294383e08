#!/bin/sh
# Runs cycle.ts in namespaces of its own (`unshare --net --mount`), so that an engine can start and stop beside the real one.
set -eu
# Mounts of the machine's own engine were copied into this namespace; here they are only in the way.
awk '$2 ~ "^/(var/lib|var/run|run)/docker/" { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
for path in /run /var/lib; do mount -t tmpfs none "$path"; done
ip link set lo up
# As on a machine that never routed: the engine turns this on, and stopping it must turn it off.
echo 0 > /proc/sys/net/ipv4/ip_forward
# A limit of its own to raise and to put back: the real one is the whole machine's.
echo 128 > /run/instances
mount --bind /run/instances /proc/sys/fs/inotify/max_user_instances
exec node "$(dirname "$0")/cycle.ts" --folder "$1"
