#!/bin/sh
# Runs a program of this folder in namespaces of its own (`unshare --net --mount --pid`), so that an engine can start and
# stop beside the real one. This shell is the first process of its namespace: when it ends, the system kills all others.
set -eu
# Mounts of the machine's own engine were copied into this namespace; here they are only in the way.
awk '$2 ~ "^/(var/lib|var/run|run)/docker/" { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
for path in /run /var/lib; do mount -t tmpfs none "$path"; done
ip link set lo up
# As on a machine that never routed: the engine turns this on, and stopping it must turn it off.
echo 0 > /proc/sys/net/ipv4/ip_forward
# Limits of its own to raise and to put back: the real ones are the whole machine's.
cp -r /proc/sys/fs/inotify /run/inotify
echo 128 > /run/inotify/max_user_instances
mount --bind /run/inotify /proc/sys/fs/inotify
program=$1
shift
# Not by `exec`: the first process has to collect those that lost their parent, which Node does not.
node "$(dirname "$0")/$program" "$@"
