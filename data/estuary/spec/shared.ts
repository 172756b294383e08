import type { z } from "zod";
import { type Specs, specs } from "./catalog.ts";
import { type StreamName, stagingDatabase, stagingSchema, tableOf } from "./streams.ts";

/** How Estuary reaches PostgreSQL: through a host of ours, to an address that is reached from there. */
export interface PostgresReach {
  /** `<host>:<port>` as seen from the tunnel's end. */
  address: string;
  user: string;
  password: string;
  /** Default: Estuary reaches the address directly. */
  tunnel?: { endpoint: string; privateKey: string } | undefined;
}

/** One task, checked. */
export const task = (name: string, one: z.input<typeof specs>[string]): Specs => specs.parse({ [name]: one });

/** Connection settings of both PostgreSQL connectors. */
export const login = ({ address, user, password, tunnel }: PostgresReach) => ({
  address,
  user,
  database: stagingDatabase,
  credentials: { auth_type: "UserPassword" as const, password },
  ...(tunnel && {
    networkTunnel: { sshForwarding: { sshEndpoint: tunnel.endpoint, privateKey: tunnel.privateKey } },
  }),
});

/** Collection of a staging table's rows. */
export const tableCollectionName = (prefix: string, stream: StreamName): string =>
  `${prefix}/postgres/${stagingSchema}/${tableOf(stream)}`;
