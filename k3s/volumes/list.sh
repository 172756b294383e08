# One line for each local volume of the cluster: its node, a tab, its folder.
line='{.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]}{"\t"}{.spec.local.path}{"\n"}'
volumes() { kubectl get persistentvolumes -o jsonpath="{range .items[*]}$line{end}"; }
wait_for "the API server to list the volumes" "$DEADLINE" volumes
volumes
exit 0
