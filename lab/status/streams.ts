import { PassThrough } from "node:stream";
import { CoreV1Api, Exec, type KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { postgresCluster } from "../../components/network/names.ts";
import type { StreamStatus } from "./report.ts";
import { TimedConfig } from "./timedConfig.ts";

const row = z.object({
  name: z.string(),
  state: z.string(),
  rows: z.number().nullable(),
  warehouse_rows: z.number().nullable(),
  lag_seconds: z.number().nullable(),
  quality: z.number().nullable(),
  message: z.string().nullable(),
  /** Seconds since the row was written, by the database's clock. */
  age_seconds: z.number(),
});
type Row = z.infer<typeof row>;

/** Seconds. The lab's checks write every 5 s, and a rescheduled pod is back within a minute. */
const staleAfter = 90;

/** Why a stream is unhealthy; undefined where it is healthy. */
function problemOf({ state, message, rows, warehouse_rows: warehouseRows, age_seconds: age }: Row) {
  const said = `${state}${message === null ? "" : `: ${message}`}`;
  // An old row says nothing about the present.
  if (age > staleAfter) return `last checked ${Math.round(age)} s ago, when it was ${said}`;
  if (state !== "ok") return said;
  if (rows === null || rows === 0) return "no rows arrived yet";
  if (warehouseRows === null) return "the warehouse has not been read yet";
  if (warehouseRows === 0) return "no rows in the warehouse yet";
  return undefined;
}

/**
 * Results of the quality checks by stream, also for streams that were not checked yet. Pure.
 *
 * @param text JSON of the view `pipeline_streams`, with the age of each row
 */
export function streamsIn(text: string, wanted: readonly string[]): StreamStatus[] {
  const found = z.array(row).parse(JSON.parse(text));
  const known = found.map((one): StreamStatus => {
    const { name, rows, warehouse_rows: warehouseRows, lag_seconds: lag, quality } = one;
    const problem = problemOf(one);
    return {
      name,
      ok: problem === undefined,
      rows: rows ?? 0,
      ...(warehouseRows !== null && { warehouseRows }),
      lagSeconds: Math.round((lag ?? 0) * 10) / 10,
      quality: Math.round((quality ?? 0) * 10) / 10,
      ...(problem !== undefined && { problem }),
    };
  });
  const missing = wanted.filter((name) => !known.some((stream) => stream.name === name));
  return [
    ...known,
    ...missing.map((name): StreamStatus => {
      return { name, ok: false, rows: 0, lagSeconds: 0, quality: 0, problem: "was not checked yet" };
    }),
  ];
}

const question =
  "SELECT coalesce(json_agg(s), '[]') FROM " +
  "(SELECT *, extract(epoch FROM now() - updated_at) AS age_seconds FROM public.pipeline_streams) s";

/**
 * Queries PostgreSQL in its own pod, where it needs no password.
 *
 * @param wanted streams that the stack should have
 * @param deadline seconds
 * @throws when there is no answer within the deadline
 */
export async function readStreams(
  kubeconfig: string,
  wanted: readonly string[],
  deadline = 15,
): Promise<StreamStatus[]> {
  if (wanted.length === 0) return [];
  const config = new TimedConfig(kubeconfig, deadline);
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({
    namespace: "data",
    labelSelector: `cnpg.io/cluster=${postgresCluster},cnpg.io/instanceRole=primary`,
  });
  const pod = items[0]?.metadata?.name;
  if (pod === undefined) throw new Error("PostgreSQL has no primary");
  const command = ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "sophia_staging", "-c", question];
  return streamsIn(await said(config, pod, command, deadline), wanted);
}

/** Output of a command in PostgreSQL's container. */
async function said(config: KubeConfig, pod: string, command: string[], deadline: number): Promise<string> {
  const printed = { out: "", error: "" };
  const into = (name: keyof typeof printed) =>
    new PassThrough().on("data", (chunk: Buffer) => {
      printed[name] += chunk;
    });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${deadline} s`)), deadline * 1000);
  const opening = new Exec(config).exec(
    "data",
    pod,
    "postgres",
    command,
    into("out"),
    into("error"),
    null,
    false,
    ({ status, message }) => {
      if (status === "Success") resolve(printed.out.trim());
      else reject(new Error(printed.error.trim() || message || "psql failed"));
    },
  );
  // What is thrown is an event of the socket, with the message of an error.
  opening.catch(({ message }: { message?: string }) => reject(new Error(message || "no connection")));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    // One that opens after the deadline is closed, too.
    void opening.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }
}
