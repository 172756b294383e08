# stop_k3s UNIT: stops K3s on this host, with everything that it runs. For POSIX shells.
containerds() { pgrep -f '/var/lib/rancher/k3s/.*containerd-shim|containerd.*/run/k3s/' || true; }
with_children() {
  for one in "$@"; do
    echo "$one"
    # Words on purpose, here and below: they are process ids.
    # shellcheck disable=SC2046
    with_children $(pgrep -P "$one" || true)
  done
}
# What runs in the containers: it outlives its shim.
contained() {
  for shim in $(containerds); do
    # shellcheck disable=SC2046
    with_children $(pgrep -P "$shim" || true)
  done
}
iptables_of_pods() { iptables-save 2>/dev/null | grep -E 'KUBE-|CNI-' || true; }
stop_k3s() {
  timeout 150 systemctl disable --now "$1" 2>/dev/null || true
  for one in $(contained); do kill -TERM "$one" 2>/dev/null || true; done
  # So that databases close their files. What does not end by itself is killed.
  tries=0
  while [ "$tries" -lt 30 ] && [ -n "$(contained)" ]; do
    tries=$((tries + 1))
    sleep 1
  done
  for one in $(contained) $(containerds); do kill -KILL "$one" 2>/dev/null || true; done
  for link in $(ip -o link show master cni0 2>/dev/null | sed -E 's/^[0-9]+: ([^:@]+).*/\1/') \
    cni0 flannel.1 flannel-wg; do
    ip link delete "$link" 2>/dev/null || true
  done
  for namespace in $(ip netns list 2>/dev/null | sed -n 's/^\(cni-[^ ]*\).*/\1/p'); do
    ip netns delete "$namespace" || true
  done
  # Otherwise ports 80 and 443 of the host go on leading to pods.
  if [ -n "$(iptables_of_pods)" ]; then
    iptables-save | grep -vE 'KUBE-|CNI-' | grep -iv flannel | iptables-restore || true
  fi
}
