import { readFileSync } from "node:fs";

/** Where the image has `mcp/vendor`, and its packages. */
const folder = "/app/mcp/vendor";
const packages = `${folder}/node_modules`;

const { dependencies } = JSON.parse(
  readFileSync(new URL("../vendor/package.json", import.meta.url), "utf8"),
) as { dependencies: Record<string, string> };

/** A package of `mcp/vendor` at the version that its package.json names. @throws when it is not there */
export function npm(name: string): { registry: "npm"; name: string; version: string } {
  const version = dependencies[name];
  if (version === undefined)
    throw new Error(`mcp/vendor/package.json has no ${name}; add it by exact version`);
  return { registry: "npm", name, version };
}

/** The command that starts a program of a package of `mcp/vendor`. */
export const program = (name: string, file: string): string[] => [
  "node",
  `${packages}/${npm(name).name}/${file}`,
];

/** The same of a program that announces resources that it does not have: the announcement is left out. */
export const withoutResources = (name: string, file: string): string[] => {
  const [node = "", ...rest] = program(name, file);
  return [node, "--import", `${folder}/withoutResources.ts`, ...rest];
};

/** The command that starts a program of ours in a process that also watches it, for those without a health path. */
export const watched = (command: readonly string[], port: number): string[] => [
  "node",
  `${folder}/watched.ts`,
  String(alive.port),
  String(port),
  ...command.slice(1),
];

/** Where it is told whether the program answers. Others than the kubelet do not get to this port. */
export const alive = { path: "/alive", port: 8081 };

/**
 * The command that serves a program which speaks over standard input and output. The bridge's own health path answers
 * even when its child is gone or hangs: the shell between them ends it when the child is gone, and `alive` tells that
 * it hangs; then the kubelet starts both anew.
 */
export function bridged(command: readonly string[], port: number): string[] {
  return [
    ...["node", `${folder}/bridge.ts`, String(alive.port)],
    ...["--host", "0.0.0.0", "--port", String(port), "--server", "stream", "--no-eventStore"],
    ...["--sessionIdleTimeout", "60000", "--maxBodySize", "1048576", "--gracefulShutdownTimeout", "20000"],
    ...["--", "sh", "-c", '"$@"; kill "$PPID"', "child", ...command],
  ];
}
