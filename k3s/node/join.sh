ready() {
  local conditions version
  conditions=$(kubectl get node "$NODE" -o jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.status}: {.message}{end}') || return 1
  if [[ $conditions != "True: "* ]]; then
    echo "Ready is $conditions"
    return 1
  fi
  # The version that runs, not the one on the disk.
  version=$(kubectl get node "$NODE" -o jsonpath='{.status.nodeInfo.kubeletVersion}') || return 1
  if [[ $version != "$VERSION" ]]; then
    echo "its kubelet is $version"
    return 1
  fi
}
wait_for "node $NODE to be Ready with K3s $VERSION" "$DEADLINE" ready

# Labels and taints that an earlier run set and this one does not are removed; those set by others stay.
annotation() { kubectl get node "$NODE" -o jsonpath="{.metadata.annotations.sophia\\.ai/managed-$1}"; }
contains() { [[ $'\n'$1$'\n' == *$'\n'$2$'\n'* ]]; }

label_keys=$(sed 's/=.*//' <<<"$LABELS")
taint_keys=$(sed -E 's/(=[^:]*)?:/:/' <<<"$TAINTS")
arguments=()
while read -r label; do [[ -z $label ]] || arguments+=("$label"); done <<<"$LABELS"
managed=$(annotation labels)
for key in $managed $ROLE_KEYS; do contains "$label_keys" "$key" || arguments+=("$key-"); done
before=$(kubectl get node "$NODE" -o jsonpath='{.metadata.labels}{.spec.taints}')
((${#arguments[@]} == 0)) || kubectl label node "$NODE" --overwrite "${arguments[@]}" >/dev/null

arguments=()
while read -r taint; do [[ -z $taint ]] || arguments+=("$taint"); done <<<"$TAINTS"
((${#arguments[@]} == 0)) || kubectl taint node "$NODE" --overwrite "${arguments[@]}" >/dev/null
managed=$(annotation taints)
for key in $managed; do
  if ! contains "$taint_keys" "$key"; then
    kubectl taint node "$NODE" "$key-" >/dev/null 2>&1 || say "note: taint $key was already removed"
  fi
done

kubectl annotate node "$NODE" --overwrite \
  "sophia.ai/managed-labels=$(tr '\n' ' ' <<<"$label_keys" | sed 's/ *$//')" \
  "sophia.ai/managed-taints=$(tr '\n' ' ' <<<"$taint_keys" | sed 's/ *$//')" >/dev/null
[[ $(kubectl get node "$NODE" -o jsonpath='{.metadata.labels}{.spec.taints}') == "$before" ]] || changed "labels or taints of node $NODE"
say "node $NODE is Ready"
