import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shellBlock } from "../../support/backupPage.ts";
import { type Stage, startStage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
}, 900_000);
afterAll(() => stage?.stop());

const succeeded = { failed: undefined };
const inUse = () => /^\*(\w+)/m.exec(stage.restic("key", "list"))?.[1] ?? "";

test("D4 the repository's password changes by the runbook's commands: no backup fails meanwhile, the former opens nothing", () => {
  expect(stage.backup()).toMatchObject(succeeded);
  const former = inUse();
  stage.byThePage(shellBlock("key add"));
  expect(stage.backup()).toMatchObject(succeeded);
  expect(inUse()).toBe(former);

  // As the update does.
  const password = readFileSync(join(stage.folder, "here/password"), "utf8");
  const restore = stage.exchange("/run/secrets/backup/password", password);
  expect(stage.backup()).toMatchObject(succeeded);
  expect(inUse()).not.toBe(former);
  stage.byThePage(shellBlock("key remove").replace("<id>", former));
  expect(stage.backup()).toMatchObject(succeeded);
  expect(JSON.parse(stage.restic("snapshots", "--json"))).toHaveLength(4);
  expect(stage.fetch()).toMatchObject(succeeded);

  restore();
  const refused = stage.backup();
  expect(refused.failed).toBe("open");
  expect(refused.said).toContain("is not opened by the secret backupPassword");
});
