# Nobody logs in any more as the tunnel's user, and who did is thrown out. What was done before an interrupt is skipped.
config=/etc/ssh/sshd_config.d/10-tunnel-$TUNNEL_USER.conf
key=/etc/ssh/sophia-keys/$TUNNEL_USER
left() { ! pgrep -u "$TUNNEL_USER"; }
if [[ -e $key ]]; then
  rm -f -- "$key"
  changed "$key: removed"
fi
if getent passwd "$TUNNEL_USER" >/dev/null; then
  pkill -KILL -u "$TUNNEL_USER" || true
  wait_for "the connections of user $TUNNEL_USER to end" 30 left
  userdel "$TUNNEL_USER"
  changed "user $TUNNEL_USER: removed"
fi
if [[ -e $config ]]; then
  rm -f -- "$config"
  systemctl reload ssh || fail "sshd does not reload: $(journalctl -u ssh -n 5 --no-pager -o cat | tr '\n' ' ')"
  changed "$config: removed"
fi
