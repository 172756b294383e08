#!/bin/sh
# Removes K3s and everything it created from this host, including volumes.
set -eu
unit=@UNIT@
systemctl disable --now "$unit" 2>/dev/null || true
for shim in $(pgrep -f '/var/lib/rancher/k3s/.*containerd-shim|containerd-shim.*/run/k3s/' || true); do
  kill -9 "$shim" 2>/dev/null || true
done
awk '{ print $2 }' /proc/self/mounts | grep -E '^(/run/k3s|/var/lib/rancher/k3s|/var/lib/kubelet|/run/netns/cni-)' |
  sort -r | while read -r mount; do umount "$mount" || true; done
for link in cni0 flannel.1 flannel-wg; do ip link delete "$link" 2>/dev/null || true; done
rm -rf /etc/rancher/k3s /etc/rancher/node /run/k3s /var/lib/rancher/k3s /var/lib/kubelet /var/lib/cni /etc/cni
for name in kubectl crictl ctr; do
  if [ "$(readlink "/usr/local/bin/$name" || true)" = k3s ]; then rm -f "/usr/local/bin/$name"; fi
done
rm -f "/etc/systemd/system/$unit.service" /usr/local/bin/k3s "/var/lib/sophia/$unit-installed" "/var/lib/sophia/$unit-applied"
systemctl daemon-reload
rm -f "/usr/local/bin/$unit-uninstall.sh"
