import { hostOf } from "../quality/warehouse/client.ts";

export interface AccountSettings {
  account: string;
  organization?: string | undefined;
  /** Base URL instead of the account's own host. */
  endpoint?: string | undefined;
}

export interface AccountAddress {
  /** As logins name it: `ORG-ACCOUNT`, or the account alone. */
  identifier: string;
  organization?: string;
  name: string;
  /** The account's host at Snowflake, which Estuary wants. */
  host: string;
  /** Base URL of its API. */
  url: string;
}

/** How an account is addressed. Its organization is a separate setting, or the part before a dash. Pure. */
export function addressOf({ account, organization: given, endpoint }: AccountSettings): AccountAddress {
  const dash = account.lastIndexOf("-");
  const name = account.slice(dash + 1);
  const organization = given ?? (dash > 0 ? account.slice(0, dash) : undefined);
  const identifier = (organization === undefined ? name : `${organization}-${name}`).toUpperCase();
  const host = hostOf(identifier);
  return {
    identifier,
    name,
    host,
    url: endpoint?.replace(/\/$/, "") ?? `https://${host}`,
    ...(organization !== undefined && { organization }),
  };
}

/** Provider arguments for an endpoint other than the account's own. Pure. */
export function endpointOf(endpoint: string | undefined): {
  host?: string;
  port?: number;
  protocol?: string;
} {
  if (endpoint === undefined) return {};
  const { hostname, port, protocol } = new URL(endpoint);
  const secure = protocol === "https:";
  return { host: hostname, port: Number(port || (secure ? 443 : 80)), protocol: secure ? "https" : "http" };
}
