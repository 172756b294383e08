# Best effort in bounded time: the machine is deleted whether its pods were evicted or not, and the next one takes its name.
answers() { kubectl get --raw /readyz; }
for attempt in 1 2 3 4 5; do
  if answers >/dev/null 2>&1; then break; fi
  if ((attempt == 5)); then
    say "the API server does not answer: node $NODE is not drained"
    exit 0
  fi
  sleep 3
done
if [[ -z $(kubectl get node "$NODE" --ignore-not-found -o name) ]]; then
  say "node $NODE is not in the cluster"
  exit 0
fi
kubectl cordon "$NODE"
ready=$(kubectl get node "$NODE" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
if [[ $ready == True ]]; then
  timeout $((DEADLINE + 15)) /usr/local/bin/k3s kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data --force \
    --timeout="${DEADLINE}s" || say "note: not every pod of node $NODE was evicted within $DEADLINE s; the node is removed nevertheless"
else
  say "note: node $NODE is not Ready; it is removed without evicting its pods"
fi
kubectl delete node "$NODE" --ignore-not-found --wait=false
# Otherwise K3s refuses a new machine of the same name, which has another node password.
kubectl -n kube-system delete secret "$NODE.node-password.k3s" --ignore-not-found
changed "node $NODE: drained and removed"
