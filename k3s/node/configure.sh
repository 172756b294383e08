unit=k3s
[[ $KIND == server ]] || unit=k3s-agent
dir=/etc/rancher/k3s
backup=$state/k3s-config-previous
names=(config.yaml registries.yaml admission.yaml audit-policy.yaml)

# The cluster's bootstrap data is encrypted with the server's token: the running server must be given a new token before it
# is started with it. This is the request of `k3s token rotate`; that command takes the token as an argument, visible to all.
change_token() {
  local file=/var/lib/rancher/k3s/server/token now wanted reply
  [[ $KIND == server && -s $file ]] || return 0
  now=$(cat "$file")
  now=${now##*::server:}
  wanted=$(sed -n 's/^token: "\(.*\)"$/\1/p' <<<"$TOKENS")
  [[ $now != "$wanted" ]] || return 0
  systemctl is-active --quiet "$unit" || fail "the cluster's token can only be changed while $unit runs; see: journalctl -u $unit"
  reply=$(printf 'user = "server:%s"\ndata = "{\\"newToken\\":\\"%s\\"}"\n' "$now" "$wanted" |
    curl --config - --silent --show-error --fail-with-body --noproxy '*' --cacert /var/lib/rancher/k3s/server/tls/server-ca.crt \
      --request PUT --header 'Content-Type: application/json' --max-time 60 https://127.0.0.1:6443/v1-k3s/token 2>&1) ||
    fail "K3s rejects the new token: ${reply//"$wanted"/…}"
  changed "the cluster's token"
}

# The configuration to restore, with the current tokens: servers and agents accept no others any more.
keep_tokens() {
  [[ -f $backup/config.yaml ]] || return 0
  put "$backup/config.yaml" 0600 <<<"$(grep -vE '^(agent-)?token: ' "$backup/config.yaml")"$'\n'"$TOKENS"
}

# Volumes of `local-path` belong to a node's name: under another one their pods would wait for ever.
keep_name() {
  local was
  [[ $KIND == server && -f $dir/config.yaml && -e /var/lib/rancher/k3s/server/db ]] || return 0
  was=$(sed -n 's/^node-name: //p' "$dir/config.yaml")
  [[ $was != "$NODE" ]] || return 0
  fail "the cluster's server is node $was, and would become $NODE: the volumes on it, with its databases, are tied to $was. Nothing was changed. Restore the host's name and roles in the stack file; to move the cluster to another node, follow docs/runbooks/replace-a-node.md"
}

command -v k3s >/dev/null || fail "K3s is not installed on this host"
keep_name
printf '%s\n' "$HOST" >"$state/k3s-host"
mkdir -p "$dir"
[[ $KIND == agent ]] || install -d -m 0700 /var/lib/rancher/k3s/server/logs

# Backup of the active configuration. One that exists already is of an interrupted run, and is the last that worked.
begin "$unit-config"
if [[ ! -d $backup ]]; then
  mkdir -m 0700 "$backup.new"
  for name in "${names[@]}"; do
    [[ ! -f $dir/$name ]] || cp --preserve=mode -- "$dir/$name" "$backup.new/$name"
  done
  mv -T -- "$backup.new" "$backup"
fi

change_token
keep_tokens
put "$dir/config.yaml" 0600 <<<"$CONFIG"$'\n'"$TOKENS"
put "$dir/registries.yaml" 0600 <<<"$REGISTRIES"
if [[ $KIND == server ]]; then
  put "$dir/admission.yaml" 0600 <<<"$ADMISSION"
  put "$dir/audit-policy.yaml" 0600 <<<"$AUDIT_POLICY"
fi

# A change of what K3s reads only when a node registers needs no restart.
wanted=$(printf '%s\0' "$RESTART_TEXT" "$TOKENS" "$REGISTRIES" "$ADMISSION" "$AUDIT_POLICY" | sha256sum | cut -d ' ' -f 1)
applied=$(cat "$state/$unit-applied" 2>/dev/null || true)

if [[ $wanted != "$applied" ]] || ! systemctl is-active --quiet "$unit"; then
  say "starting $unit"
  if ! restart_k3s "$unit" "$DEADLINE"; then
    log_tail "$unit"
    if [[ ! -f $backup/config.yaml ]]; then
      systemctl stop "$unit" || true
      fail "$unit does not start with this configuration and was stopped; its last log lines are above"
    fi
    for name in "${names[@]}"; do
      if [[ -f $backup/$name ]]; then cp --preserve=mode -- "$backup/$name" "$dir/$name"; else rm -f -- "$dir/$name"; fi
    done
    restart_k3s "$unit" "$DEADLINE" || fail "$unit starts neither with the new configuration nor with the previous one, which is back in $dir; its last log lines are above"
    rm -rf -- "$backup"
    fail "$unit does not start with the new configuration; the previous one was restored; its last log lines are above"
  fi
  printf '%s\n' "$wanted" >"$state/$unit-applied"
  changed "$unit: running with its configuration"
fi
settle
rm -rf -- "$backup"
