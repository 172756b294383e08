import { checkServerIdentity } from "node:tls";
import pg from "pg";
import { asError } from "../../../components/core/errors.ts";
import { notYet, Unrecoverable, WaitTimeout, waitFor } from "../../../components/core/wait.ts";
import { Refused, throughTunnel, Unreachable } from "./tunnel.ts";

/** A replication slot, and how its owner reaches it. */
export interface SlotProps {
  slot: string;
  database: string;
  /** Has the attribute REPLICATION; owner of the capture's connection. */
  user: string;
  password: string;
  /** `<host>:<port>` as seen from the tunnel's end. */
  address: string;
  tunnel: { endpoint: string; privateKey: string };
  /** PEM of what PostgreSQL's certificate is signed with. */
  ca: string;
  /** Name in that certificate. */
  serverName: string;
}

/** Seconds for PostgreSQL to be reached, and the capture's connection to end. */
export const dropDeadline = 60;

/**
 * Drops the slot of a capture that was deleted. A slot without a reader keeps WAL for ever, and Estuary leaves it
 * behind. Where PostgreSQL cannot be reached any more, it most likely went before, and the slot with it. Where the
 * tunnel's host refuses the key or the address, PostgreSQL is still there: that fails.
 *
 * @returns What was done, for people.
 */
export async function dropSlot(props: SlotProps, deadline = dropDeadline): Promise<string> {
  let last: unknown;
  try {
    return await waitFor(
      { what: `replication slot ${props.slot} to be dropped`, deadline, interval: 1 },
      () =>
        throughTunnel(props.tunnel, props.address, (port) => attempt(props, port)).catch((error: unknown) => {
          last = error;
          if (error instanceof Unreachable || isPassing(error)) throw error;
          if (error instanceof Refused)
            throw new Unrecoverable(new Error(refusal(props.slot, error.message)));
          throw new Unrecoverable(asError(error));
        }),
    );
  } catch (error) {
    if (!(error instanceof WaitTimeout && last instanceof Unreachable)) throw error;
    return (
      `replication slot ${props.slot} is not dropped, PostgreSQL was not reached: ${last.message}. ` +
      `If that database still runs: SELECT pg_drop_replication_slot('${props.slot}'), or its WAL grows up to max_slot_wal_keep_size`
    );
  }
}

const refusal = (slot: string, reason: string): string =>
  `replication slot ${slot} is not dropped: ${reason}. Set estuaryTunnelKey to the key that the host accepts and run ` +
  "`pulumi up` with Estuary still enabled, which remembers it; then remove it again. Or drop the slot as an administrator " +
  `of PostgreSQL, SELECT pg_drop_replication_slot('${slot}'), and take the resource out of the state: ` +
  "`pulumi state delete <its URN>`";

/** Object in use, cannot connect now, too many connections: all pass. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["55006", "57P03", "53300", "ECONNRESET"].includes(String(error.code));

async function attempt(props: SlotProps, port: number) {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: props.user,
    password: props.password,
    database: props.database,
    ssl: {
      ca: props.ca,
      rejectUnauthorized: true,
      checkServerIdentity: (_address, certificate) => checkServerIdentity(props.serverName, certificate),
    },
    connectionTimeoutMillis: 15_000,
    application_name: "sophia-infra",
  });
  // A connection that breaks while nothing is asked of it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ active_pid: number | null }>(
      "SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1",
      [props.slot],
    );
    const [slot] = rows;
    if (slot === undefined) return `replication slot ${props.slot} is gone already`;
    if (slot.active_pid !== null) {
      await client.query("SELECT pg_terminate_backend($1)", [slot.active_pid]);
      return notYet(`process ${slot.active_pid} still reads it`);
    }
    await client.query("SELECT pg_drop_replication_slot($1)", [props.slot]);
    return `replication slot ${props.slot} is dropped`;
  } finally {
    await client.end().catch(() => undefined);
  }
}
