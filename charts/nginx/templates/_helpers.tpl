{{- define "nginx.selector" -}}
app.kubernetes.io/name: nginx
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nginx.labels" -}}
{{ include "nginx.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
