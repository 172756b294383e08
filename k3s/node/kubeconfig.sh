[[ -s $KUBECONFIG ]] || fail "K3s wrote no $KUBECONFIG"
cat "$KUBECONFIG"
exit 0
