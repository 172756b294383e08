import type * as pulumi from "@pulumi/pulumi";

/** A server behind the gateway. */
export interface Backend {
  /** Its tools are offered as `<name>_<tool>`. */
  name: string;
  url: pulumi.Input<string>;
  /** Seconds within which it must answer. */
  timeout: number;
  /** Tools that are offered; left out: all. */
  tools?: readonly string[] | undefined;
  /** A header that the gateway adds, and the variable that holds its whole value. */
  credential?: { header: string; variable: string; value: pulumi.Input<string> } | undefined;
}

/** Who may call the gateway. */
export type GatewayAuth =
  /** Nginx has asked for a client's token before a request comes here. */
  | { by: "nginx" }
  /** The gateway checks tokens of an identity provider itself. */
  | { by: "oidc"; issuer: string; clientId: string; audience: string; resource: string };

/** Where all replicas keep sessions of the older revision, so that each can serve every one of them: a Redis. */
export interface SessionStore {
  host: string;
  port: number;
}

/** What the deployment has to know of a program that federates MCP servers. Another engine is another one of these. */
export interface Engine {
  /** Its configuration file. Pure. */
  config(backends: readonly ResolvedBackend[], auth: GatewayAuth, sessions: SessionStore): string;
  /** Variable from which it reads the password of the session store. */
  sessionPasswordVariable: string;
  /** Arguments of the image's own entry point. */
  args: string[];
  configFile: string;
  /** Variables of its runtime, by the bytes that it may take. */
  environment(memory: number): Record<string, string>;
  port: number;
  /** Where the protocol is served. */
  path: string;
  /** Where it tells clients of its identity provider (RFC 9728), to which the path of a resource is added. */
  metadataPath: string;
  /** Where the health of every backend is told, as JSON. */
  statusPath: string;
  metricsPort: number;
  health: { live: string; ready: string };
}

/** A backend whose address is known; of its credential only the names. */
export type ResolvedBackend = Omit<Backend, "url" | "credential"> & {
  url: string;
  credential?: { header: string; variable: string } | undefined;
};
