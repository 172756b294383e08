{{- define "nginx.upstreams" -}}
# Kept connections lead to one pod each. A pod that ends is out of the Service for 5 s before it gets the signal to stop, and
# by then none of them leads there any more. Nor is one used that the server (Node.js: after 5 s) has closed.
{{- range $index, $route := .Values.routes }}
{{- if $route.address }}
upstream route_{{ $index }} {
  server {{ $route.address }}:{{ $route.port }};
  {{- include "nginx.kept" . | nindent 2 }}
}
{{- end }}
{{- if $route.spreadAddress }}
upstream route_{{ $index }}_spread {
  server {{ $route.spreadAddress }}:{{ $route.port }};
  {{- include "nginx.kept" . | nindent 2 }}
}
{{- end }}
{{- end }}
{{- end }}

{{- define "nginx.kept" -}}
keepalive 64;
keepalive_time 3s;
keepalive_timeout 1s;
{{- end }}
