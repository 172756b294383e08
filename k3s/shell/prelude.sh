# Shared by every script that runs on a host: strict mode, files that are written only when they differ, bounded waits.
# A step that was interrupted after writing a file and before acting on it leaves a mark in $state/pending, so that the
# next run acts. Everything prints what it changed; a second run prints nothing but "nothing to change".
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

state=/var/lib/sophia
mkdir -p "$state/pending"
changes=0
step=none
temp=
failure=

say() { printf '%s\n' "$*"; }
fail() {
  failure=$*
  printf 'error: %s\n' "$failure" >&2
  exit 1
}
# A command that fails ends the script, often without a word. Bash has its text with variables by name: no secret is in it.
tidy() {
  local code=$? last=$BASH_COMMAND
  [[ -z $temp ]] || rm -f -- "$temp"
  ((code == 0)) || [[ -n $failure ]] || printf 'error: ended with %s at: %s\n' "$code" "${last:0:400}" >&2
}
trap tidy EXIT

changed() {
  changes=$((changes + 1))
  say "changed $*"
}
finish() { ((changes)) || say "nothing to change"; }

begin() { step=$1; }
mark() { : >"$state/pending/$step"; }
pending() { [[ -e $state/pending/$step ]]; }
settle() { rm -f -- "$state/pending/$step"; }

# put PATH MODE: makes the file equal to standard input, in one rename; marks the step when that changed anything.
put() {
  local path=$1 mode=$2
  mkdir -p -- "$(dirname -- "$path")"
  temp=$(mktemp -- "$(dirname -- "$path")/.sophia.XXXXXX")
  cat >"$temp"
  chmod -- "$mode" "$temp"
  if [[ -f $path ]] && cmp -s -- "$temp" "$path" && [[ $(stat -c %04a -- "$path") == "$mode" ]]; then
    rm -f -- "$temp"
  else
    mark
    mv -f -- "$temp" "$path"
    changed "$path"
  fi
  temp=
}

# wait_for WHAT SECONDS COMMAND…: the command must bound itself; its last output is part of the error.
wait_for() {
  # Most waits are short; the long ones need no frequent polling.
  local what=$1 deadline=$2 last="" end pauses=(0.2 0.2 0.4 0.6 1) tries=0
  shift 2
  end=$((SECONDS + deadline))
  until last=$("$@" 2>&1); do
    ((SECONDS < end)) || fail "waited $deadline s for $what; last: ${last:-no answer}"
    sleep "${pauses[tries++]:-2}"
  done
}

# One script at a time on a host: a script whose connection broke may still run.
exclusively() {
  # In a folder of its own: in /run/lock every user of the host could hold it.
  mkdir -p -m 0700 /run/sophia
  exec 9>/run/sophia/bootstrap.lock
  flock -w "$1" 9 || fail "waited $1 s for another bootstrap script on this host to end; see: fuser -v /run/sophia/bootstrap.lock"
}

# Fails only while another program reads the lists, as apt's daily timer does at the first boot: apt waits for dpkg's lock
# by itself, and not for this one.
read_lists() {
  apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 update >"$state/apt.log" 2>&1 9>&- ||
    ! grep -F 'Could not get lock' "$state/apt.log"
}

need_packages() {
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  wait_for "the lock of apt's package lists" 600 read_lists
  ! grep -q '^E:' "$state/apt.log" || say "note: apt-get update failed, continuing with the existing package lists"
  apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold \
    install --no-install-recommends "${missing[@]}" >>"$state/apt.log" 2>&1 9>&- ||
    fail "apt-get could not install ${missing[*]}: $(grep -E '^(E|W):' "$state/apt.log" | tail -n 3 | tr '\n' ' ')"
  changed "packages: ${missing[*]}"
}

# log_tail UNIT: the end of a service's log, with its errors and without tokens.
log_tail() {
  local said
  said=$(journalctl -u "$1" -n 500 --no-pager -o cat | sed -E 's/K10[0-9a-f]{8,}::[^ "]*/K10…/g')
  {
    grep -E '^[EF][0-9]{4} |level=(error|fatal)|"level":"(error|fatal)"|panic:|not defined' <<<"$said" | tail -n 15 | cut -c 1-400
    tail -n 5 <<<"$said" | cut -c 1-400
  } >&2 || true
}

unit_exists() { [[ $(systemctl list-unit-files --no-legend "$1" 2>/dev/null) == *"$1"* ]]; }

# start_at_boot UNIT: enabled and running.
start_at_boot() {
  if ! systemctl is-enabled --quiet "$1"; then
    systemctl enable --quiet "$1"
    changed "$1: enabled"
  fi
  if ! systemctl is-active --quiet "$1"; then
    systemctl start "$1" || fail "$1 does not start: $(journalctl -u "$1" -n 5 --no-pager -o cat | tr '\n' ' ')"
    changed "$1: started"
  fi
}
