# A user that may only open connections to one address through this host.
begin tunnel
if ! getent passwd "$TUNNEL_USER" >/dev/null; then
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$TUNNEL_USER"
  # Neither a password nor a locked account: sshd refuses keys of locked ones.
  usermod --password '*' "$TUNNEL_USER"
  changed "user $TUNNEL_USER"
fi
# sshd reads it as the user.
put "/etc/ssh/sophia-keys/$TUNNEL_USER" 0644 <<<"$TUNNEL_KEY"
config=/etc/ssh/sshd_config.d/10-tunnel-$TUNNEL_USER.conf
put "$config" 0644 <<<"$TUNNEL_CONFIG"
if pending; then
  if ! complaint=$(sshd -t 2>&1); then
    rm -f "$config"
    fail "sshd rejects the tunnel's configuration, which was removed: $complaint"
  fi
  systemctl reload ssh || fail "sshd does not reload: $(journalctl -u ssh -n 5 --no-pager -o cat | tr '\n' ' ')"
  settle
fi
effective=$(sshd -T -C "user=$TUNNEL_USER,host=localhost,addr=127.0.0.1")
while read -r line; do
  grep -qix -- "$line" <<<"$effective" || fail "sshd's effective configuration of $TUNNEL_USER lacks '$line': another file in /etc/ssh/sshd_config.d sets it first"
done <<<"permitopen $TUNNEL_TARGET"$'\n'"maxsessions 0"$'\n'"permittty no"
