{{/* Names and labels. */}}

{{- define "openclaw.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* A release that is called like the chart does not say it twice. Room is left for what is put behind it. */}}
{{- define "openclaw.fullname" -}}
{{- $name := include "openclaw.name" . }}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $both | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "openclaw.selectorLabels" -}}
app.kubernetes.io/name: {{ include "openclaw.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "openclaw.labels" -}}
{{ include "openclaw.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "openclaw.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "openclaw.fullname" .) }}
{{- end }}

{{- define "openclaw.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Seconds from the pod's end being asked for to its being killed. */}}
{{- define "openclaw.gracePeriodSeconds" -}}
{{- $least := add .Values.preStopSeconds (ceil .Values.config.gateway.drain_seconds) }}
{{- $wanted := int64 .Values.terminationGracePeriodSeconds }}
{{- if and (gt $wanted 0) (le $wanted $least) }}
{{- fail (printf "terminationGracePeriodSeconds is %d, which is not above preStopSeconds and config.gateway.drain_seconds (%d): running replies would be cut. Raise it, or set it to 0 for what is enough." $wanted $least) }}
{{- end }}
{{- if gt $wanted 0 }}{{ $wanted }}{{ else }}{{ add $least 15 }}{{ end }}
{{- end }}

{{/* Not empty where the gateway itself ends TLS. */}}
{{- define "openclaw.tls" -}}
{{- if or .Values.tls.secretName (dig "gateway" "tls" "enabled" false .Values.config) }}true{{ end }}
{{- end }}
