import { CoreV1Api, type V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, Unrecoverable, waitFor } from "../../../../components/core/wait.ts";
import { startJob } from "../../jobs.ts";
import { kubeconfig, minutes } from "../../lab.ts";
import { countsAgree, levelAgain, openPipeline, type PipelineAccess, primary, staged } from "./access.ts";

const core = () => kubeconfig().makeApiClient(CoreV1Api);

/** PostgreSQL's primary, once it is ready. */
async function primaryPod(): Promise<V1Pod | undefined> {
  const { items } = await core().listNamespacedPod({ namespace: "data", labelSelector: primary });
  return items.find(({ status: { conditions = [] } = {} }) =>
    conditions.some((one) => one.type === "Ready" && one.status === "True"),
  );
}

/** Whether the quality checks have logged since then that they cannot run. @param since by `Date.now` */
async function checksFailed(since: number): Promise<boolean> {
  const { items } = await core().listNamespacedPod({
    namespace: "data",
    labelSelector: "app.kubernetes.io/name=pipeline-quality",
  });
  const log = await core().readNamespacedPodLog({
    namespace: "data",
    name: items[0]?.metadata?.name ?? "",
    tailLines: 200,
  });
  return log
    .split("\n")
    .filter((line) => line.includes('"the checks failed"'))
    .some((line) => Date.parse((JSON.parse(line) as { time: string }).time) >= since);
}

/** Records that are new at each source: calls are ten pages, each of which is one transaction. */
const added = { gong_calls: 1000, hubspot_contacts: 500, slack_messages: 200 } as const;
const streams = Object.keys(added) as (keyof typeof added)[];

/** PostgreSQL's pod is deleted while rows of all sources are being loaded. */
export function postgresKilled(): void {
  let access: PipelineAccess;
  beforeAll(async () => {
    access = await openPipeline();
  });
  afterAll(() => access?.close());

  test(
    "P5 PostgreSQL's pod killed in mid-batch: nothing lost, nothing twice, reported, and recovered without help",
    async (context) => {
      await levelAgain(context, access);
      const before = Object.fromEntries(
        await Promise.all(streams.map(async (stream) => [stream, await access.count(stream)] as const)),
      );
      const [stagedCalls, moment, pod] = await Promise.all([
        staged("SELECT count(*) FROM gong_calls_staging"),
        staged("SELECT now()"),
        primaryPod(),
      ]);
      await access.change("gong", { add: added.gong_calls });
      await startJob("pipeline-gong", "pipeline-gong-killed", { ttlSecondsAfterFinished: 0 });
      const loaded = await waitFor(
        { what: "a part of the new calls to be committed", deadline: 120, interval: 0.2 },
        async () => {
          const rows = Number(await staged("SELECT count(*) FROM gong_calls_staging")) - Number(stagedCalls);
          if (rows >= added.gong_calls)
            throw new Unrecoverable(new Error("all calls were loaded before the kill"));
          return rows > 0 ? rows : notYet("none is");
        },
      );
      await Promise.all([
        access.change("hubspot", { object: "contacts", create: added.hubspot_contacts }),
        access.change("slack", { post: added.slack_messages }),
        // Not 0: a new pod could then open the volume while the killed one still writes to it.
        core().deleteNamespacedPod({
          namespace: "data",
          name: pod?.metadata?.name ?? "",
          gracePeriodSeconds: 1,
        }),
      ]);
      const killed = Date.now();
      process.stderr.write(`    PostgreSQL killed after ${loaded} of ${added.gong_calls} calls\n`);

      await waitFor(
        { what: "the quality checks to report that they cannot run", deadline: 180, interval: 0.5 },
        async () => (await checksFailed(killed)) || notYet("no failed run is logged"),
      );
      await waitFor({ what: "PostgreSQL to be ready again", deadline: 300, interval: 0.5 }, async () => {
        const now = await primaryPod();
        return (now && now.metadata?.uid !== pod?.metadata?.uid) || notYet("no other pod is ready");
      });
      process.stderr.write(`    PostgreSQL ready after ${(Date.now() - killed) / 1000} s\n`);

      // The schedule's next run comes within a minute, and reads what the killed one did not commit.
      for (const stream of streams) {
        const wanted = (before[stream] ?? 0) + added[stream];
        await waitFor({ what: `${stream} in the warehouse`, deadline: 300, interval: 0.5 }, async () => {
          const rows = await access.count(stream);
          return rows === wanted || notYet(`${rows} instead of ${wanted}`);
        });
      }
      process.stderr.write(`    everything in the warehouse after ${(Date.now() - killed) / 1000} s\n`);
      const lost = await staged(
        `SELECT count(*), min(message) FROM sync_history
          WHERE stream = 'gong_calls' AND status = 'failed' AND started_at > '${moment}'`,
      );
      expect(lost).toMatch(/^1\|.*killed, or lost the database/);
      await access.expectNoDuplicates();
      await countsAgree(300);
    },
    30 * minutes,
  );
}
