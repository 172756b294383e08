apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  color: {{ required "a color is needed" .Values.color | quote }}
  chart: {{ .Chart.Version | quote }}
{{- if .Values.pod }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  labels:
    app.kubernetes.io/instance: {{ .Release.Name }}
spec:
  containers:
    - name: main
      image: example.com/app:1.0
{{- end }}
