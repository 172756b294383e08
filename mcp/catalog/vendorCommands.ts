import { readFileSync } from "node:fs";

const { dependencies } = JSON.parse(
  readFileSync(new URL("../vendor/package.json", import.meta.url), "utf8"),
) as { dependencies: Record<string, string> };

/** A package of `mcp/vendor` at the version in its package.json. @throws when it is not there */
export function npm(name: string): { registry: "npm"; name: string; version: string } {
  const version = dependencies[name];
  if (version === undefined)
    throw new Error(`mcp/vendor/package.json has no ${name}; add it by exact version`);
  return { registry: "npm", name, version };
}

/** The path of a file of `mcp/vendor` in the image. */
export const vendorFile = (path: string): string => `/app/mcp/vendor/${path}`;

/** The command that starts a program of a package of `mcp/vendor`. */
export const program = (name: string, file: string): string[] => [
  "node",
  vendorFile(`node_modules/${npm(name).name}/${file}`),
];

/** The command that runs a stdio program behind a file of `mcp/vendor`, which changes what passes. */
const behind =
  (front: string) =>
  (name: string, file: string): string[] => {
    const [node = "", ...rest] = program(name, file);
    return [node, vendorFile(front), ...rest];
  };

/** The command for a stdio program that announces resources and then refuses to list them: the announcement is removed. */
export const withoutResources = behind("withoutResources.ts");

/** The command for a stdio program that loses what calls at the same time write: each waits for the one before. */
export const oneCallAtATime = behind("oneCallAtATime.ts");

/** The command for an HTTP program without a health path: a second process reports whether the program responds. */
export const watched = (command: readonly string[], port: number): string[] => [
  "node",
  vendorFile("watched.ts"),
  String(alive.port),
  String(port),
  ...command.slice(1),
];

/** Where a pod reports whether its program responds. Network policies open this port to nobody; the kubelet is exempt. */
export const alive = { path: "/alive", port: 8081 };

/** Seconds that a bridge waits for running calls and open streams when it is told to end. */
export const bridgeClosingSeconds = 20;

/**
 * The command that serves a stdio program. It keeps sessions of the 2025 revision, which end with the pod: without them
 * (`--stateless`) mcp-proxy leaks memory with each call, until it has none left.
 * The bridge's own health path is 200 even when its child has exited or hangs:
 * the shell between them ends the bridge when the child exits, and `alive` reports a child that hangs. In both cases the
 * kubelet restarts the container.
 */
export function bridged(command: readonly string[], port: number): string[] {
  return [
    ...["node", vendorFile("bridge.ts"), String(alive.port)],
    ...["--host", "0.0.0.0", "--port", String(port), "--server", "stream", "--no-eventStore"],
    ...["--sessionIdleTimeout", "60000", "--maxBodySize", "1048576"],
    ...["--gracefulShutdownTimeout", String(bridgeClosingSeconds * 1000)],
    ...["--", "sh", "-c", '"$@"; kill "$PPID"', "child", ...command],
  ];
}
