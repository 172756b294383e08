/** What of an entry says which ways lead to it. */
interface Reached {
  name: string;
  kind: string;
  sessionful: boolean;
  notFederated?: string | undefined;
  unavailable?: string | undefined;
  credential?: object | undefined;
}

/** The gateway's path, which leads to every server that is behind it. */
export const gatewayPath = "/mcp";
/** Where clients read which servers there are, in the official registry's shape. */
export const registryPath = `${gatewayPath}/servers.json`;

/** Whether the gateway can serve an entry. */
export const federated = (entry: Reached): boolean => !entry.sessionful && entry.notFederated === undefined;

/** The path of an entry's own, past the gateway. Where only the gateway knows the token, there is none. */
export const ownPath = (entry: Reached): string | undefined =>
  entry.kind === "remote" || entry.credential ? undefined : `${gatewayPath}/${entry.name}`;

/** Every path that leads to an entry, the gateway's first; none where it cannot be run. */
export function reachedAt(entry: Reached): string[] {
  if (entry.unavailable) return [];
  const own = ownPath(entry);
  return [...(federated(entry) ? [gatewayPath] : []), ...(own ? [own] : [])];
}
