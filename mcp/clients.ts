/** Programs whose configuration files we know. */
export const clientKinds = ["cursor", "vscode", "generic"] as const;
export type ClientKind = (typeof clientKinds)[number];

/** An endpoint as a client sees it. */
export interface Endpoint {
  name: string;
  url: string;
  /** The client finds by itself where its user signs in, and shows no token of ours. */
  signIn?: boolean;
}

interface ClientAccess {
  /** The gateway first, then servers that have a path of their own only. */
  endpoints: readonly Endpoint[];
  token: string;
}

const headers = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

const builders: Record<ClientKind, (access: ClientAccess) => Record<string, unknown>> = {
  // https://docs.cursor.com/context/mcp: `.cursor/mcp.json`
  cursor: ({ endpoints, token }) => ({
    mcpServers: Object.fromEntries(
      endpoints.map(({ name, url, signIn }) => [name, { url, ...(!signIn && headers(token)) }]),
    ),
  }),
  // https://code.visualstudio.com/docs/copilot/chat/mcp-servers: `.vscode/mcp.json`
  vscode: ({ endpoints, token }) => ({
    servers: Object.fromEntries(
      endpoints.map(({ name, url, signIn }) => [name, { type: "http", url, ...(!signIn && headers(token)) }]),
    ),
  }),
  generic: ({ endpoints, token }) => ({
    mcpServers: Object.fromEntries(
      endpoints.map(({ name, url, signIn }) => [
        name,
        { type: "streamable-http", url, ...(!signIn && headers(token)) },
      ]),
    ),
  }),
};

/** The configuration of a client, ready for its file. Holds the token. Pure. */
const clientConfig = (kind: ClientKind, access: ClientAccess): Record<string, unknown> =>
  builders[kind](access);

/**
 * What a client needs to name: the gateway, and each server that the gateway cannot serve. Pure.
 *
 * @param signIn the gateway takes an identity provider's tokens alone
 */
export function endpointsFor(
  url: string,
  servers: readonly { name: string; enabled: boolean; federated: boolean; path?: string | undefined }[],
  signIn = false,
): Endpoint[] {
  const direct = servers.flatMap(({ name, enabled, federated, path }) =>
    enabled && !federated && path !== undefined ? [{ name: `sophia_${name}`, url: `${url}${path}` }] : [],
  );
  return [{ name: "sophia", url: `${url}/mcp`, ...(signIn && { signIn }) }, ...direct];
}

/**
 * The configuration of every kind of client that is a client of the stack, with its own token: with another's, the audit
 * log would name the wrong client. Pure.
 */
export function clientConfigs(
  url: string,
  servers: Parameters<typeof endpointsFor>[1],
  tokens: Readonly<Record<string, string>>,
  signIn = false,
): Partial<Record<ClientKind, Record<string, unknown>>> {
  const endpoints = endpointsFor(url, servers, signIn);
  return Object.fromEntries(
    clientKinds.flatMap((kind) => {
      const token = tokens[kind];
      return token === undefined ? [] : [[kind, clientConfig(kind, { endpoints, token })]];
    }),
  );
}
