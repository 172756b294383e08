import { readFileSync } from "node:fs";

/** Where the image has the packages of `mcp/vendor`. */
const folder = "/app/mcp/vendor/node_modules";

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
  `${folder}/${npm(name).name}/${file}`,
];

/**
 * The command that serves a program which speaks over standard input and output. The bridge answers its health path
 * even when its child is gone, so the shell between them ends it then, and the kubelet starts both anew.
 */
export function bridged(command: readonly string[], port: number): string[] {
  return [
    ...program("mcp-proxy", "dist/bin/mcp-proxy.mjs"),
    ...["--host", "0.0.0.0", "--port", String(port), "--server", "stream", "--no-eventStore"],
    ...["--sessionIdleTimeout", "60000", "--maxBodySize", "1048576", "--gracefulShutdownTimeout", "20000"],
    ...["--", "sh", "-c", '"$@"; kill "$PPID"', "child", ...command],
  ];
}
