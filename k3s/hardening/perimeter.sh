# --- firewall
begin firewall
put /etc/sophia/firewall.nft 0644 <<<"$RULES"
put /etc/systemd/system/sophia-firewall.service 0644 <<<"$FIREWALL_UNIT"
complaint=$(nft -c -f /etc/sophia/firewall.nft 2>&1) || fail "nft rejects the firewall rules, the active ones stay: $complaint"
if pending || ! nft list table inet sophia_host >/dev/null 2>&1; then
  systemctl daemon-reload
  systemctl enable --quiet sophia-firewall.service
  systemctl restart sophia-firewall.service ||
    fail "the firewall does not start: $(journalctl -u sophia-firewall -n 5 --no-pager -o cat | tr '\n' ' ')"
  changed "firewall"
  settle
fi
if command -v ufw >/dev/null && [[ $(ufw status) == *"Status: active"* ]]; then
  # Its FORWARD policy drops pod traffic between nodes. Only now, as the table above replaces it.
  ufw disable >/dev/null
  changed "ufw: disabled"
fi

# --- fail2ban
begin fail2ban
put /etc/fail2ban/jail.d/90-sophia.local 0644 <<<"$JAIL"
if pending; then
  systemctl enable --quiet fail2ban
  systemctl restart fail2ban || fail "fail2ban does not start: $(journalctl -u fail2ban -n 5 --no-pager -o cat | tr '\n' ' ')"
  changed "fail2ban"
  settle
fi
start_at_boot fail2ban.service
jailed() { fail2ban-client status sshd; }
wait_for "fail2ban to watch sshd" 30 jailed

# --- public address
address_unit=/etc/systemd/system/sophia-public-address.service
begin public-address
if [[ -n $ADDRESS_UNIT ]]; then
  put "$address_unit" 0644 <<<"$ADDRESS_UNIT"
  if pending; then
    systemctl daemon-reload
    systemctl enable --quiet sophia-public-address.service
    systemctl restart sophia-public-address.service ||
      fail "the host does not take its public address: $(journalctl -u sophia-public-address -n 5 --no-pager -o cat | tr '\n' ' ')"
    changed "public address"
    settle
  fi
  start_at_boot sophia-public-address.service
elif [[ -e $address_unit ]]; then
  systemctl disable --quiet --now sophia-public-address.service
  rm -f "$address_unit"
  systemctl daemon-reload
  changed "public address: left to the network"
fi
