# An adopted host may have a cluster of its own, which the next steps would cut off, configure anew and restart.
refuse_foreign_k3s() {
  local unit found
  for unit in k3s k3s-agent; do
    [[ ! -e $state/$unit-installed && ! -e $state/$unit-applied ]] || return 0
  done
  for found in /etc/systemd/system/k3s.service /etc/systemd/system/k3s-agent.service \
    /var/lib/rancher/k3s/server/db /var/lib/rancher/k3s/agent/kubelet.kubeconfig; do
    [[ ! -e $found ]] ||
      fail "this host has a K3s that this program did not install ($found); nothing was changed. Adopt another host; or, if its cluster is not needed, remove it there with all its volumes (K3s's own k3s-uninstall.sh or k3s-agent-uninstall.sh), and deploy again"
  done
}
refuse_foreign_k3s
