# restart_k3s UNIT SECONDS: fails unless the service reports ready and its kubelet is healthy.
restart_k3s() {
  # systemd refuses a sixth start within ten seconds: the previous configuration must start after a new one that did not.
  systemctl reset-failed "$1" 2>/dev/null || true
  timeout "$2" systemctl restart "$1" || return 1
  timeout "$2" bash -c 'until [[ $(curl --silent --noproxy "*" --max-time 5 http://127.0.0.1:10248/healthz) == ok ]]; do sleep 1; done' ||
    {
      echo "the kubelet of $1 is not healthy after $2 s" >&2
      return 1
    }
}
