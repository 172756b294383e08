{{- define "nginx.health" -}}
location = /health {
  default_type application/json;
  return 200 '{"status":"ok"}';
}
{{- end }}

{{- /* Who may use a route for clients, and how often. It stands before any `rewrite … break`, which would end it. */ -}}
{{- define "nginx.clients" -}}
limit_req zone=caller burst={{ .Values.clientRateLimit.burst }} nodelay;
{{- if .Values.identity }}
limit_req zone=stranger burst={{ .Values.rateLimit.burst }} nodelay;
auth_request /_identity;
{{- else }}
if ($caller = "") {
  rewrite ^ /_stranger last;
}
{{- end }}
{{- end }}

{{- /* One route. A host without address is put in a variable: Nginx then resolves it at each request, and starts without it. */ -}}
{{- define "nginx.proxy" -}}
{{- if not .address }}
set $upstream {{ .host }};
{{- end }}
set $route_kind {{ .kind }};
set $route_clients {{ if .clients }}on{{ else }}off{{ end }};
{{- if .clients }}
{{ .access }}
{{- end }}
{{- with .maxBody }}
client_max_body_size {{ . }};
{{- end }}
{{- if or (eq .kind "sse") (eq .kind "websocket") }}
# Events must pass as they come, and silence is no fault.
proxy_buffering off;
proxy_request_buffering off;
proxy_cache off;
gzip off;
proxy_read_timeout 1h;
proxy_send_timeout 1h;
{{- end }}
{{- if .upstreamPath }}
{{- $from := trimSuffix "/" .path }}
{{- $to := trimSuffix "/" .upstreamPath }}
rewrite ^{{ $from }}/?$ {{ default "/" $to }} break;
rewrite ^{{ $from }}/(.*)$ {{ $to }}/$1 break;
{{- end }}
{{- if .spreadAddress }}
proxy_pass http://route_{{ .index }}$upstream_spread;
{{- else if .address }}
proxy_pass http://route_{{ .index }};
{{- else }}
proxy_pass http://$upstream:{{ .port }};
{{- end }}
{{- end }}

{{- /* Requests of a route that list something: the gateway keeps a list for all clients, also one that is short because the client that asked hung up meanwhile. */ -}}
{{- define "nginx.lists" -}}
{{- $path := printf "/_lists_%d" .index }}
location = {{ $path }} {
  internal;
  proxy_ignore_client_abort on;
  {{- include "nginx.proxy" (merge (dict "path" $path "upstreamPath" (default .path .upstreamPath)) .) | nindent 2 }}
}
{{- end }}

{{- /* A text of ours for clients, from the ConfigMap. A new one needs no new pod: Nginx opens the file for each request. */ -}}
{{- define "nginx.document" -}}
set $route_clients on;
{{ .access }}
types { }
default_type application/json;
alias /etc/nginx/sophia/document-{{ .index }};
{{- end }}
