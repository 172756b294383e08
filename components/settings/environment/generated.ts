import type { Rotation } from "./secretKinds.ts";

/** A secret that the program makes itself, at random; it lies encrypted in Pulumi's state and nowhere else outside. */
export interface Generated {
  about: string;
  /** Name of the resource, as a pattern: `*` is any text. */
  resource: string;
  /** Setting whose change makes another one. */
  setting: string;
  /** What follows from another value. */
  rotated: string;
  rotation: Rotation;
}

const counted = (days: number, why?: string): Rotation => ({
  by: "setting",
  days,
  ...(why !== undefined && { why }),
  how: "Give the setting another number in the stack file, commit, deploy.",
});

export const generated: readonly Generated[] = [
  {
    about: "passwords of PostgreSQL's logins",
    resource: "postgres-password-*",
    setting: "postgres.passwordGeneration",
    rotated:
      "the operator changes the login's password, and pods that use it are restarted; what MCP servers had stays valid until the next",
    rotation: counted(30),
  },
  {
    about: "passwords of Redis's logins",
    resource: "redis-password-*",
    setting: "redis.passwordGeneration",
    rotated:
      "Redis is restarted, then its clients, whose passwords of the generation before stay valid until the next",
    rotation: counted(
      90,
      "Redis is unavailable for seconds each time, and no person needs to see a password",
    ),
  },
  {
    about: "tokens with which nodes join the K3s cluster",
    resource: "cluster-*token",
    setting: "k3s.tokenGeneration",
    rotated: "the server gets the new one, and K3s restarts on one node after the other; pods keep running",
    rotation: counted(
      90,
      "K3s restarts on every node, and etcd's snapshots open with the token of their time",
    ),
  },
  {
    about: "tokens of those who call the MCP servers",
    resource: "mcp-client-*",
    setting: "mcp.clients",
    rotated:
      "Nginx's pods are replaced one by one (running calls finish), and the client needs its new configuration (`make mcp-config`)",
    rotation: counted(30),
  },
];
