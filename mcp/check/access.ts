/** How the checker connects and authenticates. */
export interface Access {
  /** Address or name to connect to instead of the URL's host. */
  address?: string | undefined;
  /** PEM of a certificate or authority to trust, in addition to the system's authorities. */
  ca?: string | undefined;
  /** Bearer token of a client. */
  token?: string | undefined;
  /** Seconds for each request. */
  timeout: number;
}

export interface GatewayAccess {
  url: string;
  /** `/mcp` accepts only an identity provider's tokens, which the checker does not have: it reads `/mcp/status` instead. */
  oidc: boolean;
}
