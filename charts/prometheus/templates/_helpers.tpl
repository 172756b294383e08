{{- /* Labels by which a part's pods are known: takes (dict "root" $ "part" "prometheus"). */ -}}
{{- define "prometheus.selector" -}}
app.kubernetes.io/name: {{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "prometheus.labels" -}}
{{ include "prometheus.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- /* Pod Security's "restricted", as the images' user `nobody`. */ -}}
{{- define "prometheus.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /*
How the pod of a StatefulSet is replaced: takes (dict "root" $ "part" "prometheus"). In order, Kubernetes would wait for a
pod that cannot start, and neither a roll-back nor a later upgrade would reach it. Of a set that is there it cannot be changed.
*/ -}}
{{- define "prometheus.podManagement" -}}
{{ dig "spec" "podManagementPolicy" "Parallel" (lookup "apps/v1" "StatefulSet" .root.Release.Namespace .part) }}
{{- end }}

{{- define "prometheus.container" -}}
imagePullPolicy: IfNotPresent
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- /* Probes of a server at the port `web`: takes (dict "live" path "ready" path). */ -}}
{{- define "prometheus.probes" -}}
# Reading the samples of a crashed server again takes minutes.
startupProbe:
  httpGet: { path: {{ .live }}, port: web }
  periodSeconds: 2
  failureThreshold: 300
readinessProbe:
  httpGet: { path: {{ .ready }}, port: web }
  periodSeconds: 5
  timeoutSeconds: 5
livenessProbe:
  httpGet: { path: {{ .live }}, port: web }
  periodSeconds: 15
  timeoutSeconds: 10
  failureThreshold: 4
{{- end }}

{{- /* Name of a target's Service and policy; it cannot clash with another release's. */ -}}
{{- define "prometheus.target" -}}
prometheus-{{ .job }}
{{- end }}
