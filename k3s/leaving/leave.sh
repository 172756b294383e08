# What K3s runs is stopped, and what lets the host back into the cluster is removed. Data stays: the pods' volumes where they
# are; a server's database under another name, as no other cluster could start with it.
k3s=/var/lib/rancher/k3s
mounts() {
  awk '{ print $2 }' /proc/self/mounts | sort -r |
    grep -E "^(/run/k3s|/run/netns/cni-|/var/lib/kubelet/(pods|plugins)|$k3s/agent/containerd/)" || true
}
# Disks that are mounted there stay, empty.
clear() { rm -rf -- "$@" || say "note: not all of $* could be removed"; }

# Whose K3s is this now?
units=()
for unit in k3s k3s-agent; do
  owner=$(cat "$state/$unit-installed" 2>/dev/null || true)
  # Not recorded: an installation that was interrupted, or is from before owners were recorded.
  if [[ -z $owner ]] && { [[ -e $state/$unit-applied ]] || grep -qsF /var/lib/sophia/ "/usr/local/bin/$unit-uninstall.sh"; }; then
    owner=$OWNER
  fi
  if [[ $owner == "$OWNER" ]]; then
    units+=("$unit")
  elif [[ -n $owner ]]; then
    say "note: this host is a node of stack $owner by now: its K3s stays as it is"
  fi
done
holder=$(cat "$state/k3s-host" 2>/dev/null || true)
if ((${#units[@]})) && [[ -n $holder && $holder != "$HOST" ]]; then
  say "note: this host is $holder in this stack by now: its K3s stays as it is"
  units=()
fi
if ((${#units[@]} == 0)); then
  finish
  exit 0
fi

for unit in "${units[@]}"; do
  stop_k3s "$unit"
  ! systemctl is-active --quiet "$unit" || fail "$unit does not stop; see: journalctl -u $unit"
  changed "$unit: stopped and disabled, with its containers"
done

if [[ -d $k3s/server ]]; then
  kept=/var/lib/rancher/k3s-kept/$(date -u +%Y%m%dT%H%M%SZ)
  install -d -m 0700 /var/lib/rancher/k3s-kept "$kept"
  [[ ! -d /etc/rancher/k3s ]] || cp -a -- /etc/rancher/k3s "$kept/config"
  mv -T -- "$k3s/server" "$kept/server"
  changed "the cluster's database, with its keys, token and snapshots: kept in $kept"
fi

while read -r mount; do umount "$mount" 2>/dev/null || umount --lazy "$mount" || true; done < <(mounts)
# What is still mounted there may be a volume, whose data a removal would take.
left=$(mounts)
[[ -z $left ]] || fail "these cannot be unmounted, so nothing more was removed: ${left//$'\n'/, }"
clear /run/k3s /var/lib/kubelet /var/lib/cni /etc/rancher/node "$k3s/data"
rm -f -- /etc/rancher/k3s/{config,registries,admission,audit-policy,k3s}.yaml
rmdir --ignore-fail-on-non-empty /etc/rancher/k3s /etc/rancher 2>/dev/null || true
for path in "$k3s"/agent/*; do
  # What somebody put there for K3s to import or to run.
  [[ $path == */images || $path == */pod-manifests ]] || clear "$path"
done
for name in kubectl crictl ctr; do
  [[ $(readlink "/usr/local/bin/$name" || true) != k3s ]] || rm -f -- "/usr/local/bin/$name"
done
rm -f -- /usr/local/bin/k3s "$state/k3s-previous"
rm -rf -- "$state/k3s-config-previous" "$state/k3s-config-previous.new"
for unit in "${units[@]}"; do
  rm -f -- "/etc/systemd/system/$unit.service" "/usr/local/bin/$unit-uninstall.sh" "$state/pending/$unit-"* "$state/$unit-applied"
done
systemctl daemon-reload
volumes=0
[[ ! -d $k3s/storage ]] || volumes=$(find "$k3s/storage" -mindepth 1 -maxdepth 1 | wc -l)
((volumes == 0)) || say "note: $volumes volumes of pods are kept in $k3s/storage"
# Last: until it is gone, a run that was interrupted is repeated.
rm -f -- "$state/k3s-host"
for unit in "${units[@]}"; do rm -f -- "$state/$unit-installed"; done
changed "the node's tokens, certificates and configuration: removed; another stack may adopt this host"
