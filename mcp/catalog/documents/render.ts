import { secretsOf, stackVariablesOf } from "../choose.ts";
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

const place = (entry: CatalogEntry): string => reachedAt(entry).map(code).join(", ") || "none";

function notesOf(entry: CatalogEntry): string[] {
  return [
    ...(entry.unavailable ? [`**${entry.name}** is disabled: ${entry.unavailable}.`] : []),
    ...(entry.notFederated ? [`**${entry.name}** is not behind the gateway: ${entry.notFederated}.`] : []),
    ...(entry.sessionful
      ? [`**${entry.name}** is not behind the gateway: it keeps its state in the client's session.`]
      : []),
    ...(isDeployed(entry) && entry.source.registry === "oci"
      ? [
          `**${entry.name}** runs its vendor's own image, by exact version. The lab does not run it${entry.unproven ? "" : "; a test runs its program as its pod would"}.`,
        ]
      : []),
    ...(entry.unproven ? [`**${entry.name}** is unproven: ${entry.unproven}.`] : []),
    ...(isDeployed(entry) && entry.health === "tcp" && !entry.unavailable
      ? [
          `**${entry.name}** has no health path: while it hangs the gateway leaves it out, but nothing restarts it.`,
        ]
      : []),
    ...(entry.toolAllow
      ? [
          `**${entry.name}**: the gateway offers ${entry.toolAllow.map(code).join(", ")}; ${ownPath(entry) ? "its own path offers all tools" : "it has no other path"}.`,
        ]
      : []),
    ...(isDeployed(entry) && entry.volume
      ? [
          `**${entry.name}** keeps its data on a volume of ${entry.volume.size}, which stays while the server is disabled, and keeps its storage class. It is unavailable for some seconds during a rollout.`,
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
    "The servers of the catalog, and their paths. `container` serves HTTP itself, `stdio` is served by a bridge, `remote` is",
    "hosted by its vendor. A bridged program that exits is restarted at once; one that hangs is terminated after 30 to 60 s and restarted. A server without what it needs is disabled; `make status` shows the reason. Secrets come from [ESC](security/secrets.md), names in capitals are [variables](settings.md#environment-variables) that `mcp.servers.<name>.variables` sets. [How to connect](mcp/clients.md).",
    "",
    row("server", "kind", "purpose", "source", "protocol", "paths", "needs"),
    row(...Array<string>(7).fill("---")),
    ...catalog.map((entry) =>
      row(
        code(entry.name),
        entry.kind,
        entry.description,
        sourceOf(entry),
        protocol(entry),
        place(entry),
        [...secretsOf(entry.name), ...stackVariablesOf(entry.name)].map(code).join(", "),
      ),
    ),
    "",
    "## Exceptions",
    "",
    ...catalog.flatMap(notesOf).map((note) => `- ${note}`),
    "",
    "## Resources and destinations",
    "",
    `Memory is the working set of a pod in the lab after \`tools/list\` in both revisions; of servers that the lab does not run it is the program's own in a test, or an estimate where no test runs it. All servers that can run in the cluster use ${total} MiB together, with one replica each.`,
    "",
    row("server", "memory", "replicas", "GPU slices", "destinations", "timeout (s)"),
    row(...Array<string>(6).fill("---")),
    ...deployed.map(({ name, memory, replicas: { min, max }, gpuSlices, egress, kubernetes, timeout }) =>
      row(
        code(name),
        `${memory} MiB`,
        min === max ? String(min) : `${min} to ${max}`,
        String(gpuSlices),
        [...egress, ...(kubernetes ? ["Kubernetes"] : [])].join(", ") || "none",
        String(timeout),
      ),
    ),
    "",
    "A server with one replica is unavailable while its node is drained: its disruption budget lets the pod go, as otherwise the drain would never end. Only servers with more replicas are drained without a gap.",
    "",
    "The last column is the timeout of a call at `/mcp`; at a server's own path it is an hour. See [decision 10](decisions/010-mcp-behind-one-gateway.md) for the effect of a server that hangs on the others.",
    "",
    "A vendor's host allows its port on the whole internet: network policies match addresses, not names. Pods, Services, hosts and the cloud's metadata address are excluded.",
    "",
  ].join("\n");
}
