#!/bin/sh
# Removes K3s and everything it created from this host, including volumes.
set -eu
unit=@UNIT@
@STOP@
stop_k3s "$unit"
awk '{ print $2 }' /proc/self/mounts | grep -E '^(/run/k3s|/var/lib/rancher/k3s|/var/lib/kubelet|/run/netns/cni-)' |
  sort -r | while read -r mount; do umount "$mount" || true; done
rm -rf /etc/rancher/k3s /etc/rancher/node /run/k3s /var/lib/rancher/k3s /var/lib/kubelet /var/lib/cni /etc/cni
for name in kubectl crictl ctr; do
  if [ "$(readlink "/usr/local/bin/$name" || true)" = k3s ]; then rm -f "/usr/local/bin/$name"; fi
done
rm -f "/etc/systemd/system/$unit.service" /usr/local/bin/k3s "/var/lib/sophia/$unit-installed" "/var/lib/sophia/$unit-applied" \
  /var/lib/sophia/k3s-host
systemctl daemon-reload
rm -f "/usr/local/bin/$unit-uninstall.sh"
