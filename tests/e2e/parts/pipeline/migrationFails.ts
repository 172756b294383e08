import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchV1Api } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { images } from "../../../../components/core/versions.ts";
import { publishedImages } from "../../../../lab/commands/artefacts.ts";
import { publishImage } from "../../../../lab/images/publish.ts";
import { lookUp } from "../../../../tools/artefacts/obtain.ts";
import { imageOf } from "../../../../tools/docker/images/build.ts";
import { run } from "../../../../tools/exec.ts";
import { stackOf } from "../../../support/secrets.ts";
import { change, kubeconfig, lab, minutes, up, wholeAgain } from "../../lab.ts";
import { staged } from "./access.ts";

/** The pipeline's image with one more migration, in the lab's registry. @returns its name with its digest */
async function imageWith(file: string, sql: string): Promise<string> {
  const { artefact } = publishedImages.find(({ reference }) => reference === images.pipeline) ?? {};
  if (!artefact) throw new Error("the lab publishes no image of the pipeline");
  const base = await imageOf((await lookUp(artefact, lab.cache)) ?? "");
  const folder = await mkdtemp(join(tmpdir(), "sophia-migration-"));
  const built = `sophia-${lab.name}-migration`;
  onTestFinished(async () => {
    await run("docker", ["image", "rm", built], { allowFailure: true });
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(join(folder, file), sql);
  await writeFile(join(folder, "Dockerfile"), `FROM ${base}\nCOPY ${file} /app/migrations/sql/\n`);
  await run("docker", ["build", "--quiet", "--tag", built, folder]);
  const { stdout } = await run("docker", ["port", `sophia-${lab.name}-registry`, "5000/tcp"]);
  const reference = images.pipeline.replace(/:[^:]*$/, ":refused-migration");
  const digest = await publishImage({ push: stdout.split("\n")[0] ?? "", url: "" }, built, reference);
  return `${reference}@${digest}`;
}

/** Every column of every table, and the migrations that were run. */
const schema = () =>
  staged(
    `SELECT string_agg(concat_ws(' ', table_schema, table_name, column_name, data_type), ', ' ORDER BY table_schema, table_name, column_name)
       FROM information_schema.columns WHERE table_schema IN ('public', 'migrations');
     SELECT string_agg(name, ', ' ORDER BY id) FROM migrations.applied`,
  );

/** The Jobs in the stack's state that the cluster lacks. */
async function lostJobs(): Promise<string[]> {
  const { stdout } = await (await stackOf(lab)).pulumi(["stack", "export"]);
  const { resources } = JSON.parse(stdout).deployment as { resources: { type: string; id: string }[] };
  const jobs = resources.filter(({ type }) => type === "kubernetes:batch/v1:Job").map(({ id }) => id);
  expect(jobs.length).toBeGreaterThan(1);
  const { items } = await kubeconfig().makeApiClient(BatchV1Api).listJobForAllNamespaces();
  const running = new Set(items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  return jobs.filter((id) => !running.has(id));
}

/** A release with a migration that PostgreSQL refuses. */
export function migrationFails(): void {
  test(
    "D2 a refused migration fails the update with its statement and changes nothing; the next good update succeeds",
    async (context) => {
      await wholeAgain(context);
      const before = await schema();
      expect(before).toContain("gong_calls_staging");
      const sql = "CREATE TABLE half (id int);\nALTER TABLE half\n  ADD COLUMN oops nonsense;\n";
      const image = await imageWith("9001_refused.sql", sql);
      change((config) => {
        config.pipeline = { ...config.pipeline, image } as never;
      });
      const refused = await up();
      expect(refused.code, refused.said.slice(-3000)).toBe(1);
      // As the pod's log has it: one line of JSON.
      expect(refused.said).toContain(
        'migration 9001_refused.sql failed at line 3: type \\"nonsense\\" does not exist',
      );
      expect(refused.said).toContain("ALTER TABLE half");
      expect(await schema()).toBe(before);
      // Nothing else was replaced: it still runs with the previous image.
      expect(refused.changed.filter((line) => !line.includes("migrations-job"))).toEqual([]);

      change(() => undefined);
      const good = await up();
      expect(good.code, good.said.slice(-3000)).toBe(0);
      expect(good.changed.filter((line) => !line.includes("migrations-job"))).toEqual([]);
      expect(await schema()).toBe(before);
      expect(await lostJobs()).toEqual([]);
    },
    20 * minutes,
  );
}
