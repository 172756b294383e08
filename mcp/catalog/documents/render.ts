import { secretsOf } from "../choose.ts";
import { type CatalogEntry, isDeployed } from "../index.ts";
import { ownPath, reachedAt } from "../reach.ts";

/** Markdown's table wants its bars escaped. */
const cell = (text: string) => text.replaceAll("|", "\\|");
const row = (...cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
const code = (text: string) => `\`${text}\``;

function sourceOf(entry: CatalogEntry): string {
  if (!isDeployed(entry))
    return entry.url ? code(entry.url) : "the account's own endpoint, `mcp.servers.<name>.url`";
  const { registry, name, version } = entry.source;
  return registry === "own" ? code(name) : `${registry} ${code(`${name}@${version}`)}`;
}

const protocol = ({ revisions, sessionful }: CatalogEntry) =>
  [revisions.map((revision) => revision.slice(0, 4)).join(", "), ...(sessionful ? ["sessions"] : [])].join(
    "; ",
  );

const place = (entry: CatalogEntry): string => reachedAt(entry).map(code).join(", ") || "nowhere";

function notesOf(entry: CatalogEntry): string[] {
  return [
    ...(entry.unavailable ? [`**${entry.name}** is off: ${entry.unavailable}.`] : []),
    ...(entry.notFederated ? [`**${entry.name}** is not behind the gateway: ${entry.notFederated}.`] : []),
    ...(entry.sessionful
      ? [`**${entry.name}** is not behind the gateway: it keeps its state in the client's session.`]
      : []),
    ...(isDeployed(entry) && entry.health === "tcp" && !entry.unavailable
      ? [
          `**${entry.name}** tells nobody without a token how it is: while it hangs the gateway leaves it out, and it is not started anew by itself.`,
        ]
      : []),
    ...(entry.toolAllow
      ? [
          `**${entry.name}**: the gateway offers ${entry.toolAllow.map(code).join(", ")}; ${ownPath(entry) ? "its own path offers all tools" : "no path offers more"}.`,
        ]
      : []),
    ...(isDeployed(entry) && entry.volume
      ? [
          `**${entry.name}** keeps its data on a volume of ${entry.volume.size}, and is away for some seconds when it changes.`,
        ]
      : []),
  ];
}

/** `docs/mcp-servers.md`. Pure. */
export function serversDocument(catalog: readonly CatalogEntry[]): string {
  const deployed = catalog.filter(isDeployed);
  const running = deployed.filter(({ unavailable }) => !unavailable);
  const total = running.reduce((sum, { memory }) => sum + memory, 0);
  return [
    "<!-- Made by `make documents` from mcp/catalog; do not edit. -->",
    "# MCP servers",
    "",
    "What the catalog has, and where it is reached. `container` serves HTTP itself, `stdio` stands behind a bridge, `remote` runs",
    "at its vendor's. A program behind a bridge that ends is started anew at once; one that hangs is told to end after 30 to 60 s, and is back when its container has started. A server without its secret stays off; `make status` says why. How to connect: [mcp-clients.md](mcp-clients.md).",
    "",
    row("server", "kind", "what it is for", "from", "protocol", "reached at", "secrets"),
    row(...Array<string>(7).fill("---")),
    ...catalog.map((entry) =>
      row(
        code(entry.name),
        entry.kind,
        entry.description,
        sourceOf(entry),
        protocol(entry),
        place(entry),
        secretsOf(entry.name).map(code).join(", "),
      ),
    ),
    "",
    "## Exceptions",
    "",
    ...catalog.flatMap(notesOf).map((note) => `- ${note}`),
    "",
    "## What they take, and where they go",
    "",
    `Memory is the working set of a pod in the lab after \`tools/list\` in both revisions; of servers that the lab does not run it is a guess. All that can run in the cluster take ${total} MiB together, with one replica each.`,
    "",
    row("server", "memory", "replicas", "GPU slices", "may call", "seconds"),
    row(...Array<string>(6).fill("---")),
    ...deployed.map(({ name, memory, replicas: { min, max }, gpuSlices, egress, kubernetes, timeout }) =>
      row(
        code(name),
        `${memory} MiB`,
        min === max ? String(min) : `${min} to ${max}`,
        String(gpuSlices),
        [...egress, ...(kubernetes ? ["Kubernetes"] : [])].join(", ") || "nothing",
        String(timeout),
      ),
    ),
    "",
    "A call at `/mcp` has the seconds of the last column; at a server's own path it has an hour. See [decision 10](decisions/010-mcp-behind-one-door.md) for what a server that hangs may cost others.",
    "",
    "A vendor's host stands for its port on the whole internet: network policies know addresses, not names. Pods, Services, hosts and the cloud's metadata are no part of it.",
    "",
  ].join("\n");
}
