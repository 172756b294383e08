{{- define "redis.selector" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "redis.labels" -}}
{{ include "redis.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* The policy of the set that is there, otherwise of a new one. */ -}}
{{- define "redis.podManagement" -}}
{{ dig "spec" "podManagementPolicy" "Parallel" (lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name) }}
{{- end }}

{{- /* Asks the server in the pod; the password comes by environment, never as an argument. */ -}}
{{- define "redis.ping" -}}
REDISCLI_AUTH="$(cat /run/secrets/redis/probe)" redis-cli --tls --cacert /run/secrets/tls/ca.crt -h localhost --user probe ping
{{- end }}

{{- define "redis.conf" -}}
bind * -::*
protected-mode no
port 0
tls-port 6379
tls-cert-file /run/secrets/tls/tls.crt
tls-key-file /run/secrets/tls/tls.key
tls-ca-cert-file /run/secrets/tls/ca.crt
tls-auth-clients no
tls-replication yes
aclfile /run/secrets/redis/users.acl
masteruser replica
dir /data
tcp-keepalive 60
maxmemory {{ .Values.maxmemory }}
maxmemory-policy allkeys-lru
maxmemory-clients 10%
# Snapshots: after 15 minutes with a change, 5 with a hundred, 1 with ten thousand.
save 900 1 300 100 60 10000
appendonly yes
appendfsync everysec
aof-use-rdb-preamble yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
lazyfree-lazy-eviction yes
lazyfree-lazy-expire yes
lazyfree-lazy-server-del yes
replica-lazy-flush yes
latency-monitor-threshold 100
{{- end }}
