{{- define "ferrous.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ferrous.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ferrous.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "ferrous.selector" . }}
{{- end -}}

{{- define "ferrous.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ferrous.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "ferrous.secret" -}}
{{- default (include "ferrous.fullname" .) .Values.auth.existingSecret -}}
{{- end -}}

{{/* The number of bytes of a quantity of memory. */}}
{{- define "ferrous.bytes" -}}
{{- $q := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- $number := regexFind "^[0-9]+" $q -}}
{{- $unit := regexFind "[A-Za-z]*$" $q -}}
{{- if not $number }}{{ fail (printf "resources.limits.memory: %s is no quantity" $q) }}{{ end -}}
{{- if $unit -}}
{{- if not (hasKey $units $unit) }}{{ fail (printf "resources.limits.memory: the unit of %s is not known" $q) }}{{ end -}}
{{- mul (int64 $number) (int64 (get $units $unit)) -}}
{{- else -}}
{{- $number -}}
{{- end -}}
{{- end -}}

{{/* The pods of a StatefulSet: of the server, or of those that follow it. */}}
{{- define "ferrous.statefulset" -}}
{{- $root := .root -}}
{{- $full := include "ferrous.fullname" $root -}}
{{- $name := ternary $full (printf "%s-replica" $full) (eq .role "primary") -}}
{{- with $root }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "ferrous.labels" . | nindent 4 }}
    app.kubernetes.io/component: {{ $.role }}
spec:
  serviceName: {{ $full }}-headless
  replicas: {{ $.count }}
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "ferrous.selector" . | nindent 6 }}
      app.kubernetes.io/component: {{ $.role }}
  template:
    metadata:
      labels:
        {{- include "ferrous.selector" . | nindent 8 }}
        app.kubernetes.io/component: {{ $.role }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "ferrous.config" . | sha256sum }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "ferrous.serviceAccount" . }}
      automountServiceAccountToken: false
      # FERROUS_PORT and the like mean the server's parameters, not a Service.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: ferrous
          image: "{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}"
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args:
            - /etc/ferrous/ferrous.conf
            {{- if eq $.role "replica" }}
            - --replicaof
            - {{ $full | quote }}
            - {{ .Values.port | quote }}
            {{- if .Values.tls.enabled }}
            - --tls-replication
            - "yes"
            {{- end }}
            {{- end }}
          env:
            {{- if .Values.auth.enabled }}
            {{- range list "FERROUS_REQUIREPASS" "FERROUS_MASTERAUTH" }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef:
                  name: {{ include "ferrous.secret" $root }}
                  key: {{ $root.Values.auth.existingSecretKey }}
            {{- end }}
            {{- end }}
            {{- with .Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - name: {{ ternary "rediss" "redis" .Values.tls.enabled }}
              containerPort: {{ .Values.port }}
            {{- if .Values.metrics.enabled }}
            - name: metrics
              containerPort: {{ .Values.metrics.port }}
            {{- end }}
          # A server that loads its data is alive and not ready.
          livenessProbe:
            tcpSocket: {port: {{ .Values.port }}}
            periodSeconds: 10
            failureThreshold: 6
          readinessProbe:
            exec: {command: [/ferrous, ping, /etc/ferrous/ferrous.conf]}
            periodSeconds: 5
            timeoutSeconds: 6
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: config, mountPath: /etc/ferrous, readOnly: true}
            {{- if .Values.tls.enabled }}
            - {name: tls, mountPath: /etc/ferrous-tls, readOnly: true}
            {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumes:
        - name: config
          configMap: {name: {{ $full }}}
        {{- if .Values.tls.enabled }}
        - name: tls
          secret: {secretName: {{ required "tls.existingSecret is needed with tls.enabled" .Values.tls.existingSecret }}}
        {{- end }}
        {{- if not .Values.persistence.enabled }}
        - name: data
          emptyDir: {}
        {{- end }}
  {{- if .Values.persistence.enabled }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes:
          {{- toYaml .Values.persistence.accessModes | nindent 10 }}
        {{- with .Values.persistence.storageClass }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources:
          requests:
            storage: {{ .Values.persistence.size }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The redis.conf that the servers read. */}}
{{- define "ferrous.config" -}}
dir /data
{{- if .Values.tls.enabled }}
port 0
tls-port {{ .Values.port }}
tls-cert-file /etc/ferrous-tls/tls.crt
tls-key-file /etc/ferrous-tls/tls.key
tls-auto-reload-interval 60
{{- if .Values.tls.authClients }}
tls-auth-clients yes
tls-ca-cert-file /etc/ferrous-tls/ca.crt
{{- else }}
tls-auth-clients no
{{- if gt (int .Values.replicas) 0 }}
tls-ca-cert-file /etc/ferrous-tls/ca.crt
{{- end }}
{{- end }}
{{- else }}
port {{ .Values.port }}
{{- end }}
{{- if not .Values.auth.enabled }}
protected-mode no
{{- end }}
{{- if .Values.metrics.enabled }}
http-port {{ .Values.metrics.port }}
http-bind * -::*
{{- end }}
{{- $limit := dig "limits" "memory" "" .Values.resources }}
{{- if and $limit (gt (int .Values.maxmemoryPercent) 0) }}
maxmemory {{ div (mul (int64 (include "ferrous.bytes" $limit)) (int64 .Values.maxmemoryPercent)) 100 }}
{{- end }}
maxmemory-policy {{ .Values.maxmemoryPolicy }}
{{ .Values.config }}
{{- end -}}
