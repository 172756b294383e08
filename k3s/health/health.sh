need_packages python3
begin health
if ! getent passwd sophia-health >/dev/null; then
  mark
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sophia-health
  changed "user sophia-health"
fi
put /usr/local/lib/sophia/health.py 0644 <<<"$HEALTH_PY"
put /etc/systemd/system/sophia-health.service 0644 <<<"$HEALTH_UNIT"
if pending; then
  systemctl daemon-reload
  systemctl enable --quiet sophia-health
  systemctl restart sophia-health
  changed "sophia-health"
fi
start_at_boot sophia-health.service
# Any status will do: K3s may not run yet.
answers() { curl --silent --show-error --noproxy '*' --max-time 10 --output /dev/null --write-out '%{http_code}\n' http://127.0.0.1:8080/health; }
wait_for "the health service on port 8080" 30 answers
settle
