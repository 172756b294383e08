import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, startStage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  expect(stage.backup()).toMatchObject({ failed: undefined });
}, 900_000);
afterAll(() => stage?.stop());

const recorded = () => stage.asLogin("monitoring", "sophia_monitoring", "SELECT count(*) FROM backups.runs");
const snapshots = () => stage.restic("snapshots", "--json");
const files = {
  id: "/run/secrets/backup/accessKeyId",
  secret: "/run/secrets/backup/secretAccessKey",
  repository: "/scripts/repository",
};
/** The repository's address with another end. */
const elsewhere = (end: string) =>
  readFileSync(stage.local(files.repository), "utf8").replace(/backups\/prod/, end);

const refusals: [string, () => Partial<Record<keyof typeof files, string>>, string, RegExp][] = [
  [
    "an access key that its provider does not know",
    () => ({ id: "unknown" }),
    "open",
    /refuses the secret backupAccessKeyId: its provider has no such access key/,
  ],
  [
    "a secret that is not the key's",
    () => ({ secret: "another" }),
    "open",
    /refuses the secret backupSecretAccessKey: it is not that of the access key/,
  ],
  [
    "a bucket that is not there",
    () => ({ repository: elsewhere("nowhere/prod") }),
    "open",
    /nowhere\/prod has no bucket: make it at its provider, or correct backup\.repository/,
  ],
  [
    "a key that may only read",
    () => ({ id: "readOnly", secret: stage.keys.readOnly.secret }),
    "open",
    /refuses what the access key in backupAccessKeyId may not do.*read, write and delete/,
  ],
  [
    "a key that may only read, where there is no repository yet",
    () => ({ id: "readOnly", secret: stage.keys.readOnly.secret, repository: elsewhere("backups/new") }),
    "open",
    /refuses what the access key in backupAccessKeyId may not do.*read, write and delete/,
  ],
  [
    "a key that may not delete",
    () => ({ id: "noDelete", secret: stage.keys.noDelete.secret }),
    "open",
    /Remove\(<lock.* failed.*refuses what the access key in backupAccessKeyId may not do.*read, write and delete/s,
  ],
];

test.each(refusals)(
  "D4 %s is named, with what to do, and nothing counts as a success",
  (_, given, step, says) => {
    const before = [snapshots(), recorded()];
    const undo = Object.entries(given()).map(([file, text]) =>
      stage.exchange(files[file as keyof typeof files], text),
    );
    const run = stage.backup();
    for (const each of undo) each();
    expect(run.failed).toBe(step);
    expect(run.said).toMatch(says);
    // What will be refused again is not asked for two minutes.
    expect((run.said.match(/retrying after/g) ?? []).length).toBeLessThan(2);
    expect([snapshots(), recorded()]).toEqual(before);
  },
);
