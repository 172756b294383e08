{{- define "postgres.labels" -}}
app.kubernetes.io/name: postgres
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "postgres.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- /* What the pods of our Jobs have in common, as the image's user, where the servers and so the image are. */ -}}
{{- define "postgres.job" -}}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 26
  runAsGroup: 26
  fsGroup: 26
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The major version in an image's tag; empty where the tag does not start with one. */ -}}
{{- define "postgres.major" -}}
{{ regexReplaceAll "@.*$" . "" | regexFind ":[0-9]+[^/:]*$" | regexFind "[0-9]+" }}
{{- end }}

{{- /* Fails where the operator would upgrade the files of the servers that run, in place, which nothing undoes. */ -}}
{{- define "postgres.sameMajor" -}}
{{- $live := dig "spec" "imageName" "" (lookup "postgresql.cnpg.io/v1" "Cluster" .Release.Namespace .Values.name) }}
{{- if and $live (ne (include "postgres.major" $live) (include "postgres.major" .Values.image)) }}
{{- fail (printf "the databases run on %s, and %s is of another major version: its files are upgraded in place, which no roll-back undoes. Go back to the version, or dump and load the data as docs/runbooks/upgrade.md says" $live .Values.image) }}
{{- end }}
{{- end }}
