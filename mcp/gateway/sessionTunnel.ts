import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { restrictedContainer } from "../../components/services/restricted.ts";
import type { SessionStore } from "./backend.ts";

/** Where the engine finds the session store: in its own pod, and for nobody outside of it. */
export const sessionStore: SessionStore = { host: "127.0.0.1", port: 6379 };

/** Answers the kubelet, which does not reach the pod's loopback. */
const healthPort = 8091;

/** Its files in the gateway's ConfigMap. */
export const tunnelFiles = { config: "redis.conf", trusted: "redis.crt" } as const;
const folder = "/etc/sophia";

export interface Tunnel {
  /** Nginx's, which must have its stream module with TLS, as the official one has. A change rolls the gateway. */
  image: pulumi.Input<string>;
  /** Address of the cluster's DNS. */
  dns: string;
}

/**
 * Nginx's configuration for a way to Redis over TLS, for an engine that has none of its own. It fails for a certificate
 * that it does not trust, and for one of another name. Pure.
 * @param dns Address of the cluster's DNS: Redis's Service may come back with another address
 */
export const tunnelConfig = ({ host, port }: SessionStore, dns: string): string => `daemon off;
pid /tmp/nginx.pid;
worker_processes 1;
error_log stderr warn;
# Debian's Nginx has the module in a file of its own; the official one has it built in, and not this folder.
include /etc/nginx/modules-enabled/*.conf;

events {
  worker_connections 1024;
}

stream {
  resolver ${dns} valid=5s ipv6=off;
  resolver_timeout 2s;

  server {
    listen ${sessionStore.host}:${sessionStore.port};
    set $redis ${host}:${port};
    proxy_pass $redis;
    proxy_connect_timeout 3s;
    # The engine closes what it has not used for half an hour; until then its connections are to stay.
    proxy_timeout 1h;
    proxy_socket_keepalive on;

    proxy_ssl on;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_name ${host};
    proxy_ssl_server_name on;
    proxy_ssl_trusted_certificate ${folder}/${tunnelFiles.trusted};
    proxy_ssl_verify on;
  }

  server {
    listen ${healthPort};
    return "";
  }
}
`;

/** Content of these files, as soon as Redis's name is known. */
export const tunnelContents = (
  { host, port, ca }: { host: pulumi.Input<string>; port: number; ca: pulumi.Input<string> },
  dns: string,
): Record<string, pulumi.Input<string>> => ({
  [tunnelFiles.config]: pulumi.output(host).apply((known) => tunnelConfig({ host: known, port }, dns)),
  [tunnelFiles.trusted]: ca,
});

const probe = { tcpSocket: { port: "tunnel" } };

/**
 * A sidecar that is up before the engine starts, which asks Redis at once, and that ends after it. It is well as long as it
 * takes connections: whether Redis does is not its business. Pure.
 */
export const tunnelContainer = (image: pulumi.Input<string>): types.input.core.v1.Container => ({
  name: "redis-tls",
  image,
  restartPolicy: "Always",
  command: ["nginx", "-e", "stderr", "-c", `${folder}/${tunnelFiles.config}`],
  ports: [{ name: "tunnel", containerPort: healthPort }],
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "64Mi" } },
  securityContext: restrictedContainer,
  startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
  livenessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
  readinessProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5 },
  volumeMounts: [
    { name: "config", mountPath: folder, readOnly: true },
    { name: "tmp", mountPath: "/tmp" },
  ],
});
