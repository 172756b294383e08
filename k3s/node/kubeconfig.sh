# K3s renews the admin's certificate, valid for a year, when it starts: in that year's last 90 days, or earlier.
window=$((90 * 24 * 3600))
certificate() {
  sed -n 's/^ *client-certificate-data: //p' "$KUBECONFIG" | base64 --decode | openssl x509 -noout "$@"
}
[[ -s $KUBECONFIG ]] || fail "K3s wrote no $KUBECONFIG"
certificate -enddate >/dev/null || fail "$KUBECONFIG holds no client certificate"
if ! certificate -checkend "$window" >/dev/null; then
  if ! restart_k3s k3s "$DEADLINE"; then
    log_tail k3s
    fail "k3s does not start again, to renew its certificates; its last log lines are above"
  fi
  certificate -checkend "$window" >/dev/null ||
    fail "k3s was restarted and did not renew the admin's certificate ($(certificate -enddate)); on this host: k3s certificate check"
fi
cat "$KUBECONFIG"
exit 0
