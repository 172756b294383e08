export KUBECONFIG=/etc/rancher/k3s/k3s.yaml
kubectl() { timeout 60 /usr/local/bin/k3s kubectl --request-timeout=20s "$@"; }
