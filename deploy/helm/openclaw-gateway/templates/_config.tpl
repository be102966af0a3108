{{/* The gateway's configuration: what follows from the chart's values, below what stands in the value `config`. */}}

{{/* The names that clients reach the Service by, inside of the cluster, as a JSON list. */}}
{{- define "openclaw.serviceNames" -}}
{{- $name := include "openclaw.fullname" . }}
{{- $inNamespace := printf "%s.%s" $name .Release.Namespace }}
{{- toJson (list $name $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace)) }}
{{- end }}

{{/*
Whether tokens cross a network in the clear: where the gateway has no certificate. Inside of the cluster that is what an Ingress
and a NetworkPolicy are for; where strangers could come, somebody has to say so.
*/}}
{{- define "openclaw.insecure" -}}
{{- if include "openclaw.tls" . }}false
{{- else if or (ne .Values.service.type "ClusterIP") (and .Values.ingress.enabled (not .Values.ingress.tls)) }}
{{- if not (hasKey .Values.config.gateway "insecure") }}
{{- fail (printf "%s without TLS would let tokens cross the network in the clear: set %s, or config.gateway.insecure to true where something in front of it ends TLS." (ternary "ingress.enabled" (printf "service.type %s" .Values.service.type) (eq .Values.service.type "ClusterIP")) (ternary "ingress.tls" "tls.secretName" (eq .Values.service.type "ClusterIP"))) }}
{{- end }}true
{{- else }}true
{{- end }}
{{- end }}

{{- define "openclaw.config" -}}
{{- $values := .Values }}
{{- $gateway := dict "host" "0.0.0.0" "insecure" (eq (include "openclaw.insecure" .) "true") }}
{{- $metrics := dict "host" "0.0.0.0" }}
{{- if $values.tls.secretName }}
{{- $_ := set $gateway "tls" (dict "enabled" true "cert_path" "/run/secrets/tls/tls.crt" "key_path" "/run/secrets/tls/tls.key") }}
{{- end }}
{{- if $values.metricsToken.secretName }}
{{- $_ := set $metrics "token_file" (printf "/run/secrets/metrics/%s" $values.metricsToken.key) }}
{{- end }}
{{- $config := mergeOverwrite (dict "gateway" $gateway "metrics" $metrics) (deepCopy $values.config) }}
{{- $hosts := concat ($values.config.gateway.allowed_hosts | default list) (include "openclaw.serviceNames" . | fromJsonArray) }}
{{- $origins := $values.config.gateway.allowed_origins | default list }}
{{- if $values.ingress.enabled }}
{{- $hosts = concat $hosts $values.ingress.hosts }}
{{- range $values.ingress.hosts }}{{ $origins = append $origins (printf "%s://%s" (ternary "https" "http" (gt (len $values.ingress.tls) 0)) .) }}{{ end }}
{{- /* A page by way of kubectl port-forward; without a list, it is let in anyway. */}}
{{- $scheme := ternary "https" "http" (eq (include "openclaw.insecure" .) "false") }}
{{- range list "127.0.0.1" "localhost" }}{{ $origins = append $origins (printf "%s://%s:%d" $scheme . (int64 $values.config.gateway.port)) }}{{ end }}
{{- end }}
{{- $_ := set $config.gateway "allowed_hosts" (uniq $hosts) }}
{{- $_ := set $config.gateway "allowed_origins" (uniq $origins) }}
{{- "# Made by Helm from the value config: change it there." }}
{{- include "openclaw.toml" (dict "path" "" "table" $config) }}
{{- end }}

{{/* TOML of a table: its own keys first, then its sections. A JSON string, number, boolean or list of these is TOML as well. */}}
{{- define "openclaw.toml" -}}
{{- $path := .path }}
{{- range $key, $value := .table }}
{{- if not (kindIs "map" $value) }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- range $key, $value := .table }}
{{- if kindIs "map" $value }}

[{{ $path }}{{ $key }}]
{{- include "openclaw.toml" (dict "path" (printf "%s%s." $path $key) "table" $value) }}
{{- end }}
{{- end }}
{{- end }}
