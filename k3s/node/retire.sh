# The node was removed from the cluster. Its machine may run on for some minutes, or for good, while another one takes the
# name: with its certificate, its kubelet would go on reporting for that node and running that node's pods.
if ! grep -qsx "node-name: $NODE" /etc/rancher/k3s/config.yaml; then
  say "note: $HOST is not node $NODE by now: its K3s stays as it is"
  exit 0
fi
stop_k3s k3s-agent
changed "k3s-agent on $HOST: stopped"
