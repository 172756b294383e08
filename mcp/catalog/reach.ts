/** The fields of an entry that decide how it is reached. */
interface Reached {
  name: string;
  kind: string;
  sessionful: boolean;
  notFederated?: string | undefined;
  unavailable?: string | undefined;
  credential?: object | undefined;
}

/** The gateway's path. */
export const gatewayPath = "/mcp";
/** Path of the list of servers, in the official registry's format. */
export const registryPath = `${gatewayPath}/servers.json`;

/** Whether the gateway offers an entry. */
export const federated = (entry: Reached): boolean => !entry.sessionful && entry.notFederated === undefined;

/** An entry's own path, which bypasses the gateway. Undefined where only the gateway has its token. */
export const ownPath = (entry: Reached): string | undefined =>
  entry.kind === "remote" || entry.credential ? undefined : `${gatewayPath}/${entry.name}`;

/** Every path of an entry, the gateway's first; none where it cannot run. */
export function reachedAt(entry: Reached): string[] {
  if (entry.unavailable) return [];
  const own = ownPath(entry);
  return [...(federated(entry) ? [gatewayPath] : []), ...(own ? [own] : [])];
}
