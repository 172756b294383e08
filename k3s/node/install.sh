exec_unit=k3s
other_unit=k3s-agent
if [[ $KIND == agent ]]; then
  exec_unit=k3s-agent
  other_unit=k3s
fi
bin=/usr/local/bin/k3s
config=/etc/rancher/k3s/config.yaml

case $(uname -m) in
  x86_64) arch=amd64 url=$URL_AMD64 sha=$SHA256_AMD64 ;;
  aarch64) arch=arm64 url=$URL_ARM64 sha=$SHA256_ARM64 ;;
  *) fail "K3s has no release for this machine's architecture, $(uname -m)" ;;
esac
[[ -n $url ]] || fail "this host is $arch: set sophia-infra:k3s.release.$arch to the URL and SHA-256 of K3s $VERSION"
[[ ! -e /etc/systemd/system/$other_unit.service ]] ||
  fail "this host already runs K3s as $other_unit and should be $exec_unit: run /usr/local/bin/$other_unit-uninstall.sh there first"

sum() { [[ -f $1 ]] && sha256sum -- "$1" | cut -d ' ' -f 1; }

need_packages curl ca-certificates
begin "$exec_unit-install"
if [[ $(sum "$bin") != "$sha" ]]; then
  download=$state/k3s-$sha
  if [[ $(sum "$download") != "$sha" ]]; then
    say "downloading K3s $VERSION"
    temp=$download.part
    curl --fail --silent --show-error --location --retry 3 --retry-all-errors --retry-delay 2 --connect-timeout 20 \
      --max-time "$DEADLINE" --output "$temp" -- "$url" || fail "cannot download K3s from $url (curl's exit code: $?)"
    got=$(sum "$temp")
    [[ $got == "$sha" ]] || fail "checksum mismatch: $url has SHA-256 $got, sophia-infra:k3s.release.$arch.sha256 says $sha; nothing was installed"
    chmod 0755 "$temp"
    mv -f -- "$temp" "$download"
    temp=
  fi
  version=$("$download" --version | head -n 1)
  [[ $version == "k3s version $VERSION "* || $version == "k3s version $VERSION" ]] ||
    fail "sophia-infra:k3s.version is $VERSION, but the file at $url says: $version"
  mark
  [[ ! -f $bin ]] || cp -f --preserve=mode -- "$bin" "$state/k3s-previous"
  mv -f -- "$download" "$bin"
  changed "$bin: K3s $VERSION"
fi
for name in kubectl crictl ctr; do
  # An existing tool of that name, e.g. Docker's ctr, is kept.
  if [[ ! -e /usr/local/bin/$name && ! -e /usr/bin/$name ]]; then
    ln -s k3s "/usr/local/bin/$name"
    changed "/usr/local/bin/$name"
  fi
done
printf '%s\n' "$OWNER" >"$state/$exec_unit-installed"
# A step of its own: another text is no reason for a restart.
begin "$exec_unit-uninstall"
put "/usr/local/bin/$exec_unit-uninstall.sh" 0755 <<<"$UNINSTALL"
settle
begin "$exec_unit-install"
put "/etc/systemd/system/$exec_unit.service" 0644 <<<"$UNIT"
# Also where it was disabled, because another machine was to be the node.
systemctl enable --quiet "$exec_unit"
if pending; then
  systemctl daemon-reload
  # Before the first configuration there is nothing to restart.
  if [[ -e $config ]] && ! restart_k3s "$exec_unit" "$DEADLINE"; then
    log_tail "$exec_unit"
    [[ -f $state/k3s-previous ]] || fail "K3s $VERSION does not start; its last log lines are above"
    mv -f -- "$state/k3s-previous" "$bin"
    restart_k3s "$exec_unit" "$DEADLINE" ||
      fail "K3s $VERSION does not start, and neither does the previous version, which was restored; its last log lines are above"
    fail "K3s $VERSION does not start, the previous version was restored; its last log lines are above"
  fi
  settle
fi
rm -f -- "$state/k3s-previous"
