import { checkServerIdentity } from "node:tls";
import pg from "pg";
import { asError, messageOf } from "../../../components/core/errors.ts";
import { isUntrusted } from "../../../components/core/http/untrusted.ts";
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
const dropDeadline = 60;

/**
 * Drops the slot of a capture that was deleted. A slot without a reader keeps WAL for ever, and Estuary leaves it
 * behind. Where PostgreSQL cannot be reached any more, it most likely went before, and the slot with it. Where the
 * tunnel's host refuses the key or the address, or the certificate is not trusted, PostgreSQL is still there: that fails.
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
            throw new Unrecoverable(new Error(refusal(props.slot, error.message, newKey)));
          if (isUntrusted(codeOf(error)))
            throw new Unrecoverable(new Error(refusal(props.slot, untrusted(props, error), newAuthority)));
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

const newKey =
  "Set estuaryTunnelKey to the key that the host accepts and run `pulumi up` with Estuary still enabled, which remembers it; then remove it again";

const newAuthority =
  "Run `pulumi up` with Estuary still enabled, which reads PostgreSQL's authority again and remembers it; then remove it again";

const untrusted = ({ address }: SlotProps, error: unknown): string =>
  `PostgreSQL at ${address} presents a certificate that the remembered authority does not vouch for: ${messageOf(error)} (${codeOf(error)})`;

const refusal = (slot: string, reason: string, advice: string): string =>
  `replication slot ${slot} is not dropped: ${reason}. ${advice}. Or drop the slot as an administrator ` +
  `of PostgreSQL, SELECT pg_drop_replication_slot('${slot}'), and take the resource out of the state: ` +
  "`pulumi state delete <its URN>`";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/** Object in use, cannot connect now, too many connections: all pass. */
const isPassing = (error: unknown): boolean =>
  ["55006", "57P03", "53300", "ECONNRESET"].includes(codeOf(error));

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
