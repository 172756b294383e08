import { groupOf, type Platform, podOfServer, podsOf } from "./platform.ts";

const most = 3 * 1024;

/**
 * The working set of every enabled server, and of the gateway, as they are now.
 * @returns Markdown
 * @throws when the servers take more than 3 GB together
 */
export async function memory(platform: Platform): Promise<string> {
  const pods = await podsOf(platform, "mcp");
  const taken = platform.servers
    .filter(({ enabled, kind }) => enabled && kind !== "remote")
    .map(({ name, kind }) => {
      const mebibytes = Math.round(groupOf(platform, podOfServer(pods, name)).memory());
      return { name, kind, mebibytes };
    })
    .sort((a, b) => b.mebibytes - a.mebibytes);
  const sum = taken.reduce((total, { mebibytes }) => total + mebibytes, 0);
  if (sum > most) throw new Error(`the MCP servers take ${sum} MiB together, more than ${most}`);
  return [
    "| server | kind | memory |",
    "|---|---|--:|",
    ...taken.map(({ name, kind, mebibytes }) => `| \`${name}\` | ${kind} | ${mebibytes} MiB |`),
    `| all ${taken.length} | | ${sum} MiB |`,
  ].join("\n");
}
