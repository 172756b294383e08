import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { summarise } from "../../../../delivery/comment/summarise.ts";
import { planOutcome } from "../../../../delivery/comment/write.ts";
import { plantedKeys } from "../../policies/keys/planted.ts";

const prices = { hourlyUsd: new Map<string, number>(), source: "none" };
const failed = { stack: "dev", offline: false, succeeded: false, prices };

/** What a plan says of an error, or of what a program printed at its end. */
const said = (severity: "error" | "info#err", message: string): string => {
  const [first] = summarise([{ diagnosticEvent: { severity, message } }], failed).messages;
  return first?.text ?? "";
};

test("S1 an error that quotes a key is shown in a plan without that line", () => {
  for (const { key } of plantedKeys()) {
    for (const severity of ["error", "info#err"] as const) {
      const text = said(severity, `cannot connect:\n  with ${key}\n  to db.data`);
      expect(text).toContain("withheld: looks like a key");
      for (const piece of key.match(/[A-Za-z0-9]{16,}/g) ?? []) expect(text).not.toContain(piece);
    }
  }
  const [{ key, format } = { key: "", format: "" }] = plantedKeys();
  expect(said("error", `cannot connect:\n  with ${key}\n  to db.data`)).toBe(
    `cannot connect:\n(withheld: looks like a key: ${format})\n  to db.data`,
  );
  expect(said("error", "cannot connect:\n  to db.data")).toBe("cannot connect:\n  to db.data");
});

test("S1 what the CLI prints when it fails early is shown without a key, too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sophia-plan-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const log = join(folder, "events");
  await writeFile(log, "");
  const [{ key } = { key: "" }] = plantedKeys();
  const plan = await planOutcome(log, { stack: "dev", offline: false, code: 1, stderr: `no login:\n${key}` });
  expect(plan.messages[0]?.text).toMatch(/^no login:\n\(withheld/);
});

test("C1 a plan of more messages than it can hold says what the first ones are", () => {
  const events = Array.from({ length: 700 }, (_, index) => ({
    diagnosticEvent: { severity: "warning", message: `warning ${index}` },
  }));
  const { messages } = summarise(
    [...events, { diagnosticEvent: { severity: "error", message: "no" } }],
    failed,
  );
  expect(messages).toHaveLength(500);
  expect(messages[0]).toMatchObject({ severity: "error", text: "no" });
});
