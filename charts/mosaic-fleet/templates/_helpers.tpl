{{- define "mosaic.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- /* (dict "root" $ "component" "api") */ -}}
{{- define "mosaic.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "mosaic.labels" -}}
{{ include "mosaic.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "mosaic.image" -}}
{{ required "image.repository: name the image that holds the mosaic command" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "mosaic.keySecret" -}}
{{ .Values.secretKey.existingSecret | default (printf "%s-key" (include "mosaic.fullname" .)) }}
{{- end -}}

{{- define "mosaic.databaseSecret" -}}
{{ .Values.postgres.existingSecret | default (printf "%s-database" (include "mosaic.fullname" .)) }}
{{- end -}}

{{- define "mosaic.component" -}}
{{ if eq .Values.engine.mode "trial" }}trial{{ else }}{{ .wanted }}{{ end }}
{{- end -}}

{{- define "mosaic.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "mosaic.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "mosaic.databaseVariable" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "mosaic.databaseSecret" . }}
      key: DATABASE_URL
{{- end -}}

{{- define "mosaic.commonVariables" -}}
{{ include "mosaic.databaseVariable" . }}
- name: MOSAIC_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "mosaic.keySecret" . }}
      key: MOSAIC_SECRET_KEY
{{- with .Values.secretKey.previousSecret }}
{{- if not $.Values.secretKey.existingSecret }}
{{- fail "secretKey.existingSecret: name the Secret with the new key beside the previous one" }}
{{- end }}
- name: MOSAIC_SECRET_KEY_PREVIOUS
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: MOSAIC_SECRET_KEY
{{- end }}
- name: MOSAIC_AGENT_SUBNETS
  value: {{ .Values.agentSubnets | quote }}
- name: MOSAIC_LOG_FORMAT
  value: json
- name: MOSAIC_LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- end -}}

{{- define "mosaic.probes" -}}
livenessProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 5
{{- end -}}

{{- define "mosaic.apiContainer" -}}
- name: api
  image: {{ include "mosaic.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [mosaic]
  args: [api]
  env:
    {{- include "mosaic.commonVariables" . | nindent 4 }}
    - name: MOSAIC_LISTEN
      value: "0.0.0.0:8080"
    - name: MOSAIC_AGENT_LISTEN
      value: "0.0.0.0:18080"
    {{- with .Values.api.publicUrl }}
    - name: MOSAIC_PUBLIC_URL
      value: {{ . | quote }}
    {{- end }}
    {{- with .Values.api.trustedProxies }}
    - name: MOSAIC_TRUSTED_PROXIES
      value: {{ join "," . | quote }}
    {{- end }}
  ports:
    - {name: http, containerPort: 8080}
    - {name: agents, containerPort: 18080}
  {{- include "mosaic.probes" "http" | nindent 2 }}
  resources:
    {{- toYaml .Values.api.resources | nindent 4 }}
  securityContext:
    {{- include "mosaic.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "mosaic.controllerContainer" -}}
- name: controller
  image: {{ include "mosaic.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [mosaic]
  args: [controller]
  env:
    {{- include "mosaic.commonVariables" . | nindent 4 }}
    - name: MOSAIC_LISTEN
      value: "0.0.0.0:8081"
    - name: MOSAIC_AGENT_LISTEN
      value: "0.0.0.0:18080"
    - name: DOCKER_HOST
      {{- if eq .Values.engine.mode "trial" }}
      value: unix:///run/engine/docker.sock
      {{- else }}
      value: {{ required "engine.url: tcp://HOST:PORT of the engine" .Values.engine.url | quote }}
      {{- end }}
    {{- if and (eq .Values.engine.mode "external") .Values.engine.tlsSecret }}
    - name: MOSAIC_ENGINE_TLS_DIR
      value: /etc/mosaic/engine-tls
    {{- end }}
    - name: MOSAIC_FIREWALL
      value: "off"
    - name: MOSAIC_AGENT_EGRESS
      value: {{ .Values.controller.egress }}
    {{- with .Values.controller.egressAllow }}
    - name: MOSAIC_AGENT_EGRESS_ALLOW
      value: {{ join "," . | quote }}
    {{- end }}
    {{- with .Values.controller.agentImage }}
    - name: MOSAIC_AGENT_IMAGE
      value: {{ . | quote }}
    {{- end }}
    - name: MOSAIC_WORKERS
      value: {{ .Values.controller.workers | quote }}
    - name: MOSAIC_LEASE_SECONDS
      value: {{ .Values.controller.leaseSeconds | quote }}
  ports:
    - {name: metrics, containerPort: 8081}
  {{- include "mosaic.probes" "metrics" | nindent 2 }}
  resources:
    {{- toYaml .Values.controller.resources | nindent 4 }}
  securityContext:
    {{- include "mosaic.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if eq .Values.engine.mode "trial" }}
    - {name: engine-socket, mountPath: /run/engine}
    {{- else if .Values.engine.tlsSecret }}
    - {name: engine-tls, mountPath: /etc/mosaic/engine-tls, readOnly: true}
    {{- end }}
{{- end -}}

{{- define "mosaic.podHead" -}}
serviceAccountName: {{ include "mosaic.fullname" . }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
