{{/* Short enough for the longest name that is made of it: a StatefulSet's is at most 52 characters. */}}
{{- define "fokusstrom.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 33 | trimSuffix "-" -}}
{{- end -}}

{{/* The labels by which pods are chosen: of a role when there is one. */}}
{{- define "fokusstrom.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Of pods: nothing that changes with the chart alone, or each new chart would start all of them anew. */}}
{{- define "fokusstrom.podLabels" -}}
{{ include "fokusstrom.selector" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "fokusstrom.labels" -}}
{{ include "fokusstrom.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "fokusstrom.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "fokusstrom.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "fokusstrom.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* The Kafka user of a role, and the Secret of its password, as JSON: the KafkaUser's, its own, or everybody's. */}}
{{- define "fokusstrom.user" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $own := index $kafka.users .role -}}
{{- $made := "" -}}
{{- if .root.Values.strimzi.users -}}{{- $made = printf "%s-%s" (include "fokusstrom.fullname" .root) .role -}}{{- end -}}
{{- dict "name" (coalesce $own.username $made $kafka.username)
         "secret" (coalesce $own.passwordSecret $made $kafka.passwordSecret) | toJson -}}
{{- end -}}

{{/* Settings of a role, as its container's environment. */}}
{{- define "fokusstrom.env" -}}
{{- $values := .root.Values -}}
{{- $user := include "fokusstrom.user" . | fromJson -}}
- name: FOKUSSTROM_BOOTSTRAP
  value: {{ required "kafka.bootstrap: the Kafka brokers' addresses, as host:port,host:port" $values.kafka.bootstrap | quote }}
- name: FOKUSSTROM_DATA_DIR
  value: /var/lib/fokusstrom
- name: FOKUSSTROM_PORT
  value: "8080"
{{- with $values.registryUrl }}
- name: FOKUSSTROM_REGISTRY_URL
  value: {{ . | quote }}
{{- end }}
- name: FOKUSSTROM_DEPLOYMENT
  value: {{ $values.deployment | quote }}
- name: FOKUSSTROM_SLICES
  value: {{ $values.slices | quote }}
{{- with $values.expectedSources }}
- name: FOKUSSTROM_EXPECTED_SOURCES
  value: {{ . | quote }}
{{- end }}
{{- with $values.reconciliation }}
- name: FOKUSSTROM_RECONCILIATION
  value: {{ . | quote }}
{{- end }}
- name: FOKUSSTROM_LOG_FORMAT
  value: {{ $values.logFormat | quote }}
{{- if eq .role "enrichment" }}
- name: FOKUSSTROM_MEMORY_LIMIT
  value: {{ $values.enrichment.memoryLimit | quote }}
- name: FOKUSSTROM_THREADS
  value: {{ $values.enrichment.threads | quote }}
{{- end }}
{{- if eq .role "reporting" }}
- name: FOKUSSTROM_THREADS
  value: {{ $values.reporting.threads | quote }}
{{- end }}
- name: FOKUSSTROM_KAFKA_SECURITY_PROTOCOL
  value: {{ $values.kafka.securityProtocol | quote }}
{{- if hasPrefix "SASL" $values.kafka.securityProtocol }}
- name: FOKUSSTROM_KAFKA_SASL_MECHANISM
  value: {{ required "kafka.saslMechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512" $values.kafka.saslMechanism | quote }}
- name: FOKUSSTROM_KAFKA_USERNAME
  value: {{ required (printf "kafka.username or kafka.users.%s.username: the name given to the brokers" .role) $user.name | quote }}
- name: FOKUSSTROM_KAFKA_PASSWORD_FILE
  value: /etc/fokusstrom/user/{{ $values.kafka.passwordKey }}
{{- end }}
{{- if $values.kafka.caSecret }}
- name: FOKUSSTROM_KAFKA_CA_FILE
  value: /etc/fokusstrom/ca/{{ $values.kafka.caKey }}
{{- end }}
# libraries look for a home; the root file system is read-only
- name: HOME
  value: /tmp
{{- end -}}

{{- define "fokusstrom.volumeMounts" -}}
- name: data
  mountPath: /var/lib/fokusstrom
- name: tmp
  mountPath: /tmp
{{- if hasPrefix "SASL" .root.Values.kafka.securityProtocol }}
- name: user
  mountPath: /etc/fokusstrom/user
  readOnly: true
{{- end }}
{{- if .root.Values.kafka.caSecret }}
- name: ca
  mountPath: /etc/fokusstrom/ca
  readOnly: true
{{- end }}
{{- end -}}

{{/* All volumes but an enrichment worker's `data`, which is claimed. */}}
{{- define "fokusstrom.volumes" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $user := include "fokusstrom.user" . | fromJson -}}
- name: tmp
  emptyDir: {}
{{- if ne .role "enrichment" }}
- name: data
  emptyDir: {}
{{- end }}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
- name: user
  secret:
    secretName: {{ required (printf "kafka.passwordSecret or kafka.users.%s.passwordSecret: a Secret that exists" .role) $user.secret | quote }}
    defaultMode: 0440
    items:
      - key: {{ $kafka.passwordKey | quote }}
        path: {{ $kafka.passwordKey | quote }}
{{- end }}
{{- if $kafka.caSecret }}
- name: ca
  secret:
    secretName: {{ $kafka.caSecret | quote }}
    defaultMode: 0440
    items:
      - key: {{ $kafka.caKey | quote }}
        path: {{ $kafka.caKey | quote }}
{{- end }}
{{- end -}}

{{/* What is the same in the pods of all roles, but for containers and volumes. */}}
{{- define "fokusstrom.pod" -}}
{{- $own := index .root.Values .role -}}
automountServiceAccountToken: false
# Kubernetes would put variables for each Service into the environment, and names that begin with FOKUSSTROM_ and are
# no settings are refused.
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "fokusstrom.container" -}}
image: {{ include "fokusstrom.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
# DuckDB writes beside where it was started what doesn't fit into memory
workingDir: /var/lib/fokusstrom
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml (index .root.Values .role).resources | nindent 2 }}
volumeMounts:
  {{- include "fokusstrom.volumeMounts" . | nindent 2 }}
{{- end -}}

{{/*
The operations port's answers (`docs/operations.md`, Probes). It listens before the brokers are asked, and answers
from a thread of its own: /livez fails when the process hangs as a whole, never because the log is being read, a cut
is waited for, or Kafka is away. What /readyz says takes a pod out of rollouts, and never ends it.
*/}}
{{- define "fokusstrom.probes" -}}
ports:
  - name: http
    containerPort: 8080
  {{- with .listens }}
  - name: letters
    containerPort: {{ . }}
  {{- end }}
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: {{ .readiness }}, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{- define "fokusstrom.podAnnotations" -}}
{{- if .root.Values.metrics.annotations }}
prometheus.io/scrape: "true"
prometheus.io/path: /metrics
prometheus.io/port: "8080"
{{- end }}
{{- with (index .root.Values .role).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A finished command's pod template: `arguments` is a list. */}}
{{- define "fokusstrom.commandPod" -}}
metadata:
  labels:
    {{- include "fokusstrom.podLabels" . | nindent 4 }}
  {{- with .root.Values.commands.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ .account }}
  {{- include "fokusstrom.pod" . | nindent 2 }}
  containers:
    - name: command
      args:
        {{- toYaml .arguments | nindent 8 }}
      {{- include "fokusstrom.container" . | nindent 6 }}
      env:
        {{- include "fokusstrom.env" . | nindent 8 }}
  volumes:
    {{- include "fokusstrom.volumes" . | nindent 4 }}
{{- end -}}
