import type * as pulumi from "@pulumi/pulumi";

/** A server behind the gateway. */
export interface Backend {
  /** Its tools are offered as `<name>_<tool>`. */
  name: string;
  url: pulumi.Input<string>;
  /** Seconds within which it must respond. */
  timeout: number;
  /** Tools that are offered. Default: all. */
  tools?: readonly string[] | undefined;
  /** A header that the gateway adds, and the environment variable that holds its whole value. */
  credential?: { header: string; variable: string; value: pulumi.Input<string> } | undefined;
}

/** Who may call the gateway. */
export type GatewayAuth =
  /** Nginx has validated a client's token before a request arrives. */
  | { by: "nginx" }
  /** The gateway validates tokens of an identity provider itself. */
  | {
      by: "oidc";
      issuer: string;
      clientId: string;
      audience: string;
      resource: string;
      /** PEM of the authority of the issuer's certificate. Default: the public ones. */
      authority?: string | undefined;
      /** Whether the issuer may have a private address. Default: false. */
      privateAddress?: boolean;
    };

/**
 * The Redis in which all replicas store sessions of the 2025 revision, so that each can serve every session. For the engine
 * it is the end of a tunnel to it, in the same pod.
 */
export interface SessionStore {
  host: string;
  port: number;
}

/** What the deployment needs to know of a program that federates MCP servers. To use another program, implement this. */
export interface Engine {
  /** Content of its configuration file. Pure. */
  config(backends: readonly ResolvedBackend[], auth: GatewayAuth, sessions: SessionStore): string;
  /** Environment variable from which it reads the password of the session store. */
  sessionPasswordVariable: string;
  /** Arguments of the image's entry point. */
  args: string[];
  configFile: string;
  /** Where its configuration says that the authority of the identity provider is; in the folder of `configFile`. */
  authorityFile: string;
  /** Environment variables of its runtime, for a memory limit in bytes. */
  environment(memory: number): Record<string, string>;
  port: number;
  /** Path of the MCP endpoint. */
  path: string;
  /** Path of the protected resource metadata (RFC 9728), to which the path of a resource is appended. */
  metadataPath: string;
  /** Path that reports the health of every backend, as JSON. */
  statusPath: string;
  metricsPort: number;
  /** Paths of its liveness and readiness. */
  health: { live: string; ready: string };
  /** Seconds after its start until it knows the health of its backends: a replica gets no calls before. */
  warmUpSeconds: number;
}

/** A backend whose address is known; without the credential's value. */
export type ResolvedBackend = Omit<Backend, "url" | "credential"> & {
  url: string;
  credential?: { header: string; variable: string } | undefined;
};
