{{- /*
Shell text of the proof: every database answers the least login over verified TLS, belongs to its owner,
has the parameters asked for, and refuses plain connections. The Job's deadline ends the waiting.
*/ -}}
{{- define "postgres.verify" -}}
set -eu
PGUSER="$(cat /run/secrets/login/username)" PGPASSWORD="$(cat /run/secrets/login/password)"
PGSSLROOTCERT=/run/secrets/ca/ca.crt PGCONNECT_TIMEOUT=5
export PGUSER PGPASSWORD PGSSLROOTCERT PGCONNECT_TIMEOUT
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 "host=$1 port=5432 dbname=$2 sslmode=$3" -c "$4"; }
awaited() {
  until answer="$(ask "$1" "$2" verify-full "$3" 2>&1)" && [ "$answer" = t ]; do
    echo "waiting for $2 at $1: $answer"
    sleep 1
  done
  echo "$2 at $1 answers over TLS"
}
refused() {
  while true; do
    if answer="$(ask "$1" "$2" disable "SELECT true" 2>&1)"; then
      echo "$2 accepts connections without TLS" >&2
      exit 1
    fi
    # Only the server's own refusal is a proof: a name that does not resolve fails likewise.
    case "$answer" in *pg_hba.conf*) break ;; esac
    echo "waiting for $2 at $1 to refuse a connection without TLS: $answer"
    sleep 1
  done
}
{{- $rw := printf "%s-rw" .Values.name }}
{{- $live := list "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())" }}
{{- range $name := list "shared_buffers" "effective_cache_size" "work_mem" "max_wal_size" }}
{{- with index $.Values.parameters $name }}
{{- $live = append $live (printf "pg_size_bytes(current_setting('%s')) = pg_size_bytes('%s')" $name .) }}
{{- end }}
{{- end }}
{{- with .Values.parameters.max_connections }}
{{- $live = append $live (printf "current_setting('max_connections') = '%s'" .) }}
{{- end }}
{{- range .Values.databases }}
{{- $owned := printf "(SELECT pg_get_userbyid(datdba) = '%s' FROM pg_database WHERE datname = current_database())" .owner }}
awaited {{ $rw }} {{ .name }} "SELECT {{ join " AND " (append $live $owned) }}"
{{- if gt (int $.Values.pooler.instances) 0 }}
awaited {{ $.Values.pooler.name }} {{ .name }} "SELECT true"
{{- end }}
{{- end }}
{{- with first .Values.databases }}
refused {{ $rw }} {{ .name }}
{{- end }}
echo "all databases answer"
{{- end }}
