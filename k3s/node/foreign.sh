# An adopted host may have a cluster of its own, or be another stack's: the next steps would cut that off, configure it anew
# and restart it.
refuse_foreign_k3s() {
  local unit found owner ours=no
  for unit in k3s k3s-agent; do
    # Empty in installations from before owners were recorded.
    owner=$(cat "$state/$unit-installed" 2>/dev/null || true)
    [[ -z $owner || $owner == "$OWNER" ]] ||
      fail "this host is a node of stack $owner, this is $OWNER; nothing was changed. Adopt another host; or take this one out of that stack, remove K3s there with all its volumes (/usr/local/bin/$unit-uninstall.sh), and deploy again"
    # The last: an installation that was interrupted before it was recorded.
    if [[ -e $state/$unit-installed || -e $state/$unit-applied ]] ||
      grep -qsF /var/lib/sophia/ "/usr/local/bin/$unit-uninstall.sh"; then
      ours=yes
    fi
  done
  [[ $ours == no ]] || return 0
  for found in /etc/systemd/system/k3s.service /etc/systemd/system/k3s-agent.service \
    /var/lib/rancher/k3s/server/db /var/lib/rancher/k3s/agent/kubelet.kubeconfig; do
    [[ ! -e $found ]] ||
      fail "this host has a K3s that this program did not install ($found); nothing was changed. Adopt another host; or, if its cluster is not needed, remove it there with all its volumes (K3s's own k3s-uninstall.sh or k3s-agent-uninstall.sh), and deploy again"
  done
}
refuse_foreign_k3s
