{{- define "nginx.maps" -}}
# Tokens are long. It must stand before the first map.
map_hash_bucket_size 256;
# Only routes for WebSockets may change the protocol.
map "$route_kind:$http_upgrade" $upstream_upgrade {
  "~*^websocket:websocket$" websocket;
  default "";
}
map $upstream_upgrade $upstream_connection {
  websocket upgrade;
  default "";
}
map $status $retry_after {
  429 1;
  503 5;
  default "";
}
# Who calls, by the whole Authorization header; empty for everybody who is not known.
map $http_authorization $caller {
  default "";
  {{- if .Values.clientsSecret }}
  include /run/secrets/clients/clients.map;
  {{- end }}
}
# A client's token is for us alone; what stands behind writes down its name.
map $route_clients $upstream_authorization {
  on "";
  default $http_authorization;
}
map "$route_clients:$caller" $upstream_agent {
  "~^on:(?<known>.+)$" "$known; $http_user_agent";
  "on:" "somebody; $http_user_agent";
  default $http_user_agent;
}
# Who is no client of ours is counted by address.
map $caller $stranger {
  "" $binary_remote_addr;
  default "";
}
# As it was asked for, before any rewrite, and without the query, in which tokens travel.
map $request_uri $request_path {
  "~^(?<path>[^?]*)" $path;
}
# Where others ask for a token they say so themselves.
map "$status:$route_clients" $authenticate {
  {{- if not .Values.identity }}
  "401:on" 'Bearer realm="sophia"';
  {{- end }}
  default "";
}
# An MCP request of the revision without sessions may go to any replica, where a service for that is known.
map "$http_mcp_protocol_version:$http_mcp_session_id" $upstream_spread {
  "2026-07-28:" _spread;
  default "";
}
# One of these that lists what there is, for which the gateway asks every server.
map "$upstream_spread:$http_mcp_method" $lists {
  "~^_spread:(server/discover|[a-z/]+/list)$" 1;
  default "";
}
map $scheme $strict_transport {
  https "max-age=31536000; includeSubDomains";
  default "";
}
{{- end }}
