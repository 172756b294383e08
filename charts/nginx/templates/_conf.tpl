{{- define "nginx.conf" -}}
daemon off;
pid /tmp/nginx.pid;
worker_processes {{ .Values.workers }};
worker_rlimit_nofile 16384;
worker_shutdown_timeout {{ .Values.drain }}s;
# Whole request lines, query included, are only logged for errors of the server itself; headers never.
error_log stderr warn;

events {
  worker_connections 4096;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  log_format json escape=json
    '{"time":"$time_iso8601","id":"$request_id","client":"$remote_addr","host":"$host","method":"$request_method",'
    '"path":"$request_path","protocol":"$server_protocol","status":"$status","bytes":"$bytes_sent","seconds":"$request_time",'
    '"upstream":"$upstream_addr","upstreamStatus":"$upstream_status","upstreamSeconds":"$upstream_response_time",'
    '"caller":"$caller","agent":"$http_user_agent"}';
  # Each write wakes the runtime. What is longer than 4 KB would mix with the lines of the other worker in their pipe.
  access_log /dev/stdout json buffer=4k flush=1s;

  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65s;
  keepalive_requests 1000;
  client_header_timeout 15s;
  client_body_timeout 30s;
  send_timeout 30s;
  client_max_body_size 8m;
  large_client_header_buffers 4 16k;
  reset_timedout_connection on;

  gzip on;
  gzip_vary on;
  gzip_min_length 1024;
  gzip_proxied any;
  gzip_types text/plain text/css application/json application/javascript application/xml image/svg+xml;

  resolver {{ .Values.resolver }} valid=5s ipv6=off;
  resolver_timeout 5s;

  limit_req_zone $binary_remote_addr zone=client:10m rate={{ .Values.rateLimit.rate }};
  limit_req_zone $caller zone=caller:1m rate={{ .Values.clientRateLimit.rate }};
  limit_req_zone $stranger zone=stranger:10m rate={{ .Values.rateLimit.rate }};
  limit_req_status 429;
  limit_req_log_level info;

  {{- include "nginx.maps" . | nindent 2 }}

  proxy_http_version 1.1;
  proxy_connect_timeout 5s;
  proxy_send_timeout 60s;
  proxy_read_timeout 60s;
  proxy_hide_header X-Powered-By;
  proxy_hide_header Server;
  proxy_set_header Host $host;
  proxy_set_header Connection $upstream_connection;
  proxy_set_header Upgrade $upstream_upgrade;
  # We are the edge: what clients claim about themselves is replaced, not continued.
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header Authorization $upstream_authorization;
  proxy_set_header User-Agent $upstream_agent;

  add_header X-Content-Type-Options nosniff always;
  add_header X-Frame-Options DENY always;
  add_header Referrer-Policy strict-origin-when-cross-origin always;
  add_header Permissions-Policy "camera=(), microphone=(), geolocation=()" always;
  add_header Content-Security-Policy "frame-ancestors 'none'" always;
  add_header X-Request-ID $request_id always;
  add_header Strict-Transport-Security $strict_transport always;
  add_header Retry-After $retry_after always;
  add_header WWW-Authenticate $authenticate always;

  ssl_certificate /run/secrets/tls/tls.crt;
  ssl_certificate_key /run/secrets/tls/tls.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:tls:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;

  {{- include "nginx.upstreams" . | nindent 2 }}

  # For the kubelet only: no Service leads here.
  server {
    listen 8081;
    access_log off;
    location = /healthz {
      default_type application/json;
      return 200 '{"status":"ok"}';
    }
    location / {
      return 404;
    }
  }

  # Requests that name another host, or none.
  server {
    listen 8080 default_server;
    listen 8443 ssl http2 default_server;
    server_name _;
    limit_req zone=client burst={{ .Values.rateLimit.burst }} nodelay;
    {{- include "nginx.health" . | nindent 4 }}
    # Not `return` here, which comes before the limit counts.
    location / {
      try_files /none @misdirected;
    }
    location @misdirected {
      internal;
      default_type application/json;
      return 421 '{"error":"misdirected request","message":"this server does not answer for that host name"}';
    }
  }

  server {
    listen 8080;
    server_name {{ join " " .Values.hostnames }};
    {{- include "nginx.health" . | nindent 4 }}
    location / {
      return 308 https://$host$request_uri;
    }
  }

  server {
    listen 8443 ssl http2;
    server_name {{ join " " .Values.hostnames }};
    # Where no route sets it, Nginx would warn, with the whole request line.
    set $route_clients off;
    limit_req zone=client burst={{ .Values.rateLimit.burst }} nodelay;

    {{- range $index, $route := .Values.routes }}
    {{- $prefix := trimSuffix "/" $route.path }}
    {{- $known := merge (dict "index" $index "access" (include "nginx.clients" $)) $route }}

    # {{ $route.path }} -> {{ $route.host }}:{{ $route.port }}
    {{- if $prefix }}
    location = {{ $prefix }} {
      {{- with $route.spreadAddress }}{{ printf "if ($lists) { rewrite ^ /_lists_%d last; }" $index | nindent 6 }}{{ end }}
      {{- include "nginx.proxy" $known | nindent 6 }}
    }
    {{- end }}
    {{- with $route.spreadAddress }}{{ include "nginx.lists" $known | nindent 4 }}{{ end }}
    {{- if not $route.exact }}
    location {{ $prefix }}/ {
      {{- include "nginx.proxy" $known | nindent 6 }}
    }
    {{- end }}
    {{- end }}
    {{- range $index, $document := .Values.documents }}

    location = {{ $document.path }} {
      {{- include "nginx.document" (dict "index" $index "access" (include "nginx.clients" $)) | nindent 6 }}
    }
    {{- end }}
    {{- include "nginx.health" . | nindent 4 }}
    {{- $root := false }}
    {{- range .Values.routes }}{{ if eq .path "/" }}{{ $root = true }}{{ end }}{{ end }}
    {{- if not $root }}

    location / {
      default_type application/json;
      return 404 '{"error":"not found","message":"nothing is served at this path"}';
    }
    {{- end }}

    {{- with .Values.identity }}

    # Whether the gateway takes a token of the identity provider: it looks at that before anything else, and then
    # refuses the method. Only that one answer opens; our own clients need not be asked about.
    location = /_identity {
      internal;
      if ($caller != "") {
        return 204;
      }
      set $identity_host {{ .host }};
      proxy_method HEAD;
      proxy_pass_request_headers off;
      proxy_pass_request_body off;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header Authorization $http_authorization;
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header User-Agent "sophia-nginx";
      proxy_intercept_errors on;
      error_page 405 = @identity_known;
      error_page 502 504 = @identity_away;
      proxy_pass http://$identity_host:{{ .port }}{{ .path }};
    }
    location @identity_known {
      internal;
      return 204;
    }
    location @identity_away {
      internal;
      return 503;
    }
    {{- else }}

    # Who shows no token that we know. A `return` in the route would refuse before the limit counts, and `deny` would write
    # the whole request line to the error log.
    location = /_stranger {
      internal;
      limit_req zone=stranger burst={{ .Values.rateLimit.burst }} nodelay;
      try_files /none @unknown_client;
    }
    {{- end }}

    error_page 401 @unknown_client;
    error_page 413 @too_large;
    error_page 429 @too_many;
    error_page {{ if .Values.identity }}500 {{ end }}502 503 504 =503 @unavailable;
    location @unknown_client {
      internal;
      default_type application/json;
      return 401 '{"error":"unauthorized","message":"send the token of a client{{ if .Values.identity }}, or of the identity provider,{{ end }} as: Authorization: Bearer <token>"}';
    }
    location @too_large {
      internal;
      default_type application/json;
      return 413 '{"error":"content too large","message":"send a smaller request"}';
    }
    location @too_many {
      internal;
      default_type application/json;
      return 429 '{"error":"too many requests","message":"slow down and try again"}';
    }
    location @unavailable {
      internal;
      default_type application/json;
      return 503 '{"error":"service unavailable","message":"the service behind this path does not answer; try again"}';
    }
  }
}
{{- end }}
