{{- define "prometheus.conf" -}}
global:
  scrape_interval: {{ .Values.interval }}s
  scrape_timeout: {{ min 10 .Values.interval }}s
  evaluation_interval: {{ .Values.interval }}s
rule_files: [/etc/prometheus/rules-*.yaml]
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["alertmanager.{{ .Release.Namespace }}.svc.cluster.local.:9093"]
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ["localhost:9090"]
  - job_name: alertmanager
    static_configs:
      - targets: ["alertmanager.{{ .Release.Namespace }}.svc.cluster.local.:9093"]
  {{- range .Values.targets }}
  - job_name: {{ .job }}
    metrics_path: {{ .path | default "/metrics" }}
    dns_sd_configs:
      - names: ["{{ include "prometheus.target" . }}.{{ .namespace }}.svc.cluster.local."]
        type: A
        port: {{ .port }}
        refresh_interval: {{ $.Values.interval }}s
  {{- end }}
{{- end }}

{{- define "alertmanager.conf" -}}
route:
  receiver: {{ if .Values.alertmanager.slackSecret }}slack{{ else }}none{{ end }}
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
receivers:
  - name: none
  {{- if .Values.alertmanager.slackSecret }}
  - name: slack
    slack_configs:
      # A file, so that the URL, which is a credential, is in no configuration.
      - api_url_file: /etc/alertmanager/slack/url
        send_resolved: true
        title: '{{ "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})" }}'
        text: |-
          {{ "{{ range .Alerts }}{{ .Annotations.summary }}" }}
          {{ "{{ .Annotations.runbook_url }}" }}
          {{ "{{ end }}" }}
  {{- end }}
{{- end }}
