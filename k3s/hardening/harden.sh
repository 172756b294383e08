container=no
if systemd-detect-virt --quiet --container; then container=yes; fi

if command -v cloud-init >/dev/null; then
  # 2: done, with recoverable errors.
  code=0
  timeout 900 cloud-init status --wait >/dev/null 2>&1 || code=$?
  [[ $code != 124 ]] || fail "waited 900 s for cloud-init on this host to end; see: cloud-init status --long"
  ((code == 0 || code == 2)) || say "note: cloud-init ended with errors: $(cloud-init status --long 2>&1 | tr '\n' ' ')"
fi
need_packages ca-certificates curl fail2ban iproute2 nftables python3 python3-systemd sudo unattended-upgrades

# --- kernel settings
begin sysctl
kernel=$KERNEL_SYSCTLS
if [[ $container == yes ]]; then
  say "note: this host is a container: $(wc -l <<<"$KERNEL_SYSCTLS") kernel settings are left to its machine"
  kernel=
fi
put /etc/sysctl.d/90-kubelet.conf 0644 <<<"$KUBELET_SYSCTLS"
put /etc/sysctl.d/95-sophia.conf 0644 <<<"$NETWORK_SYSCTLS${kernel:+$'\n'$kernel}"
missing=()
while IFS='=' read -r key value; do
  [[ -n $key ]] || continue
  file=/proc/sys/${key//.//}
  [[ $(cat "$file" 2>/dev/null || true) != "$value" ]] || continue
  if ! printf '%s\n' "$value" 2>/dev/null >"$file"; then
    [[ " $OPTIONAL_SYSCTLS " == *" $key "* ]] || fail "kernel setting $key cannot be set to $value on this host"
    missing+=("$key")
    continue
  fi
  [[ $(cat "$file") == "$value" ]] || fail "kernel setting $key is $(cat "$file") although it was set to $value"
  changed "$key=$value"
done <<<"$KUBELET_SYSCTLS"$'\n'"$NETWORK_SYSCTLS${kernel:+$'\n'$kernel}"
((${#missing[@]} == 0)) || say "note: this kernel has no ${missing[*]}"
settle

# --- sshd
begin sshd
if ! grep -qE '^Include /etc/ssh/sshd_config\.d/\*\.conf' /etc/ssh/sshd_config; then
  { echo 'Include /etc/ssh/sshd_config.d/*.conf'; cat /etc/ssh/sshd_config; } | put /etc/ssh/sshd_config 0644
fi
home=$(getent passwd "$LOGIN_USER" | cut -d : -f 6)
[[ -s $home/.ssh/authorized_keys ]] ||
  fail "user $LOGIN_USER has no authorized key: password logins stay enabled, otherwise nobody could log in"
put /etc/ssh/sshd_config.d/00-hardening.conf 0644 <<<"$SSHD_CONFIG"
if pending; then
  mkdir -p /run/sshd
  if ! complaint=$(sshd -t 2>&1); then
    rm -f /etc/ssh/sshd_config.d/00-hardening.conf
    fail "sshd rejects the hardened configuration, which was removed: $complaint"
  fi
  systemctl reload ssh || fail "sshd does not reload: $(journalctl -u ssh -n 5 --no-pager -o cat | tr '\n' ' ')"
  settle
fi
effective=$(sshd -T -C "user=$LOGIN_USER,host=localhost,addr=127.0.0.1")
while read -r line; do
  grep -qix -- "$line" <<<"$effective" || fail "sshd's effective configuration lacks '$line': another file in /etc/ssh/sshd_config.d sets it first"
done <<<$'permitrootlogin no\npasswordauthentication no\nkbdinteractiveauthentication no\npubkeyauthentication yes'

# --- notebooks
# Lambda Stack's JupyterLab gives a shell to whoever may list the account's instances, past sshd.
notebooks() { systemctl "$1" --no-legend --plain --full --type=service '*jupyter*' "${@:2}"; }
# Also those without a file that could be disabled: instances of a template, and what systemd-run started.
while read -r unit _; do
  systemctl stop "$unit" || true
  changed "$unit: stopped"
done < <(notebooks list-units --state=active,activating,reloading)
while read -r unit enabled _; do
  [[ ! $enabled =~ ^(masked|disabled|transient|generated)$ ]] || continue
  systemctl disable --quiet "$unit"
  # Where the unit itself is in /etc/systemd/system there is no room for the mask.
  systemctl mask --quiet "$unit" 2>/dev/null || true
  changed "$unit: off"
done < <(notebooks list-unit-files)
active=$(notebooks list-units --state=active)
[[ -z $active ]] || fail "this host's notebooks do not stop: ${active%% *}; they let holders of Lambda's API key in"

# --- GPUs
# A reload of systemd, as package updates run, sets the devices of every container again, and finds them by these links only.
begin gpus
if command -v nvidia-ctk >/dev/null; then
  put /etc/systemd/system/sophia-gpu-links.service 0644 <<<"$GPU_LINKS_UNIT"
  if pending; then
    systemctl daemon-reload
    systemctl enable --quiet sophia-gpu-links
    systemctl restart sophia-gpu-links ||
      say "note: containers here may lose their GPU: $(journalctl -u sophia-gpu-links -n 5 --no-pager -o cat | tr '\n' ' ')"
    settle
  fi
fi

# --- journal
begin journald
put /etc/systemd/journald.conf.d/90-sophia.conf 0644 <<<"$JOURNALD_CONFIG"
if pending; then
  systemctl restart systemd-journald
  settle
fi

# --- security updates
begin upgrades
put /etc/apt/apt.conf.d/20auto-upgrades 0644 <<<"$AUTO_UPGRADES"
put /etc/apt/apt.conf.d/60sophia-unattended-upgrades 0644 <<<"$UNATTENDED_UPGRADES"
complaint=$(apt-config dump 2>&1 >/dev/null) || fail "apt rejects its configuration: $complaint"
for unit in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service; do
  if unit_exists "$unit"; then start_at_boot "$unit"; fi
done
settle

# --- time
if [[ $container == yes ]]; then
  say "note: this host is a container: its clock is that of its machine"
elif unit_exists chrony.service; then
  start_at_boot chrony.service
else
  need_packages systemd-timesyncd
  start_at_boot systemd-timesyncd.service
fi
