import { describe, expect, test } from "vitest";
import { fileSystem } from "../../lambda/provider/handlers/fileSystem.ts";
import { firewallRules } from "../../lambda/provider/handlers/firewallRules.ts";
import { firewallRuleset } from "../../lambda/provider/handlers/firewallRuleset.ts";
import { sshKey } from "../../lambda/provider/handlers/sshKey.ts";
import { createFileSystem, deleteFileSystem, readFileSystem } from "../../lambda/reconcile/fileSystem.ts";
import { physicalKeyName } from "../../lambda/reconcile/sshKey.ts";
import { somePublicKey, type TestCloud } from "../cloud/support/cloud.ts";
import { MemoryJournal } from "../support/lambda/journal.ts";
import { type Death, otherPhases, requestPhases } from "../support/mortal.ts";
import { sshKeyPair } from "../support/sshKey.ts";
import { account } from "./support/account.ts";
import { One, of } from "./support/one.ts";
import { SharedTime, startProcess } from "./support/process.ts";

const region = "us-west-1";
const stack = "sophia-infra/test";
const otherKey = sshKeyPair().public;
const web = { protocol: "tcp", ports: [80, 80], source: "0.0.0.0/0", description: "web" } as const;

interface Kind {
  name: string;
  adapted: ReturnType<typeof of>;
  /** Inputs before and after a change; `made` is what `beside` gave. */
  first: (made: string) => Record<string, unknown>;
  second: (made: string) => Record<string, unknown>;
  /** Something that has to be there already. */
  beside?: (cloud: TestCloud) => Promise<string>;
  /** What the account has of it, by name. */
  seen: (cloud: TestCloud) => Promise<string[]>;
  /** Requests that create, change and destroy make at least, and notes in the journal. */
  least: { requests: [number, number, number]; journal: [number, number, number] };
  /** The same, expected with the first inputs, with the second, and after the end. */
  expected: [string[], string[], string[]];
}

const named = (list: { name: string }[]) => list.map(({ name }) => name).sort();
const state = (cloud: TestCloud) => cloud.control.state();

const kinds: Kind[] = [
  {
    name: "SSH key",
    adapted: of(sshKey),
    first: () => ({ name: "team", publicKey: somePublicKey }),
    second: () => ({ name: "team", publicKey: otherKey, previousPublicKey: somePublicKey }),
    least: { requests: [2, 3, 1], journal: [3, 3, 0] },
    seen: async (cloud) => named((await state(cloud)).sshKeys).filter((name) => name !== "k"),
    expected: [
      [physicalKeyName({ name: "team", publicKey: somePublicKey })],
      [physicalKeyName({ name: "team", publicKey: otherKey })],
      [],
    ],
  },
  {
    name: "file system",
    adapted: of(fileSystem),
    first: () => ({ name: "files", region, stack }),
    second: () => ({ name: "others", region, stack }),
    least: { requests: [2, 3, 1], journal: [2, 3, 1] },
    seen: async (cloud) => named((await state(cloud)).fileSystems),
    expected: [["files"], ["others"], []],
  },
  {
    name: "firewall ruleset",
    adapted: of(firewallRuleset),
    first: () => ({ name: "rules", region, initialRules: [] }),
    second: () => ({ name: "renamed", region, initialRules: [] }),
    least: { requests: [2, 1, 1], journal: [3, 0, 0] },
    seen: async (cloud) => named((await state(cloud)).rulesets),
    expected: [["rules"], ["renamed"], []],
  },
  {
    name: "firewall rules",
    adapted: of(firewallRules),
    beside: async (cloud) => {
      const ruleset = new One(cloud, of(firewallRuleset));
      expect(await ruleset.run({ name: "rules", region, initialRules: [] })).toBe("done");
      return ruleset.row?.id ?? "";
    },
    first: (rulesetId) => ({ rulesetId, rules: [web] }),
    second: (rulesetId) => ({ rulesetId, rules: [web, { ...web, ports: [443, 443], description: "TLS" }] }),
    // Its destroy leaves them to that of the ruleset.
    least: { requests: [2, 2, 0], journal: [0, 0, 0] },
    seen: async (cloud) =>
      (await state(cloud)).rulesets
        .flatMap(({ rules }) => rules.map(({ description }) => description))
        .sort(),
    // The rules go with their ruleset.
    expected: [["web"], ["TLS", "web"], ["TLS", "web"]],
  },
];

const steps = ["create", "change", "destroy"] as const;

interface Trouble {
  death?: Death;
  fault?: Parameters<TestCloud["control"]["addFault"]>[0];
}

/** Lives through create, change and destroy, with trouble in one of them. */
async function survives(kind: Kind, step: number, { death, fault }: Trouble): Promise<boolean> {
  const { cloud } = await account();
  const made = (await kind.beside?.(cloud)) ?? "";
  const one = new One(cloud, kind.adapted);
  let struck = false;
  for (const [index, inputs] of [kind.first(made), kind.second(made), undefined].entries()) {
    const here = index === step;
    if (here && fault) await cloud.control.addFault(fault);
    const outcome = await one.run(inputs, here ? death : undefined);
    if (here) {
      struck = death ? outcome === "died" : (await cloud.control.faults()).length === 0;
      await cloud.control.clearFaults();
    }
    if (!struck || !here) expect(outcome).toBe("done");
    else if (outcome !== "done") expect(await one.run(inputs)).toBe("done");
    expect(await kind.seen(cloud)).toEqual(kind.expected[index]);
  }
  return struck;
}

/** The same trouble at the first moment, the second, and so on, until a run ends before it comes. */
async function atEvery(kind: Kind, step: number, trouble: (nth: number) => Trouble): Promise<number> {
  let nth = 0;
  while (await survives(kind, step, trouble(nth))) nth += 1;
  return nth;
}

describe.each(kinds)("L4 $name", (kind) => {
  test.each(steps)("killed at every moment of its %s, and none is left or lost", async (step) => {
    const index = steps.indexOf(step);
    const moments: Record<string, number> = {};
    for (const phase of [...requestPhases, ...otherPhases]) {
      moments[phase] = await atEvery(kind, index, (nth) => ({ death: { nth, phase } }));
    }
    const [requests, journal] = [kind.least.requests[index], kind.least.journal[index]];
    const least = Object.entries({
      ...{ before: requests, handled: requests, replied: requests },
      ...{ journal, noted: journal, answer: 1 },
    });
    for (const [phase, number = 0] of least) expect(moments[phase], phase).toBeGreaterThanOrEqual(number);
  });

  test.each(steps)("a reply lost or broken at every request of its %s", async (step) => {
    const broken = { kind: "reply", status: 502, text: "<html>bad gateway" } as const;
    const index = steps.indexOf(step);
    for (const when of ["before", "after"] as const) {
      for (const effect of [{ kind: "drop" } as const, broken]) {
        const struck = await atEvery(kind, index, (skip) => ({ fault: { skip, when, effect } }));
        expect(struck, `${effect.kind} ${when}`).toBeGreaterThanOrEqual(kind.least.requests[index] ?? 1);
      }
    }
  });
});

test("L4 a file system stays its maker's, also where the maker was killed, and never becomes another stack's", async () => {
  const { cloud } = await account();
  const clock = new SharedTime(cloud);
  const { context } = await startProcess(cloud, { clock, journal: new MemoryJournal(clock) });
  const made = (owner: string) => createFileSystem(context, { name: "files", region, stack: owner });
  const { id, outputs } = await made("sophia-infra/dev");
  expect(outputs.owned).toBe(true);
  expect((await made("sophia-infra/prod")).outputs.owned).toBe(false);
  // The engine never heard of it.
  expect((await made("sophia-infra/dev")).outputs.owned).toBe(true);
  // Gone, and made again by somebody else.
  await cloud.api.call("DELETE", `/filesystems/${id}`, {});
  expect(await readFileSystem(context, id, { ...outputs, stack: "sophia-infra/dev" })).toBeUndefined();
  await context.api.createFileSystem({ name: "files", region });
  expect((await made("sophia-infra/dev")).outputs.owned).toBe(false);
});

describe("L4 a file system that somebody else made is never taken for ours", () => {
  const stack = "sophia-infra/dev";
  const spec = { name: "files", region, stack };
  async function here() {
    const { cloud } = await account();
    const clock = new SharedTime(cloud);
    const { context } = await startProcess(cloud, { clock, journal: new MemoryJournal(clock) });
    const byOthers = () => context.api.createFileSystem({ name: "files", region });
    return { cloud, context, byOthers };
  }

  test("after the stack has deleted its own", async () => {
    const { context, byOthers } = await here();
    const { id, outputs } = await createFileSystem(context, spec);
    await deleteFileSystem(context, id, outputs);
    await byOthers();
    expect((await createFileSystem(context, spec)).outputs.owned).toBe(false);
  });

  test("after the stack has seen its own in the state, and left it at Lambda", async () => {
    const { cloud, context, byOthers } = await here();
    const { id, outputs } = await createFileSystem(context, spec);
    expect(await fileSystem.diff(context, id, outputs, spec)).toEqual({ changes: false, replaces: [] });
    await cloud.api.call("DELETE", `/filesystems/${id}`, {});
    await byOthers();
    expect((await createFileSystem(context, spec)).outputs.owned).toBe(false);
  });

  test("long after a request of the stack whose outcome nobody knows", async () => {
    const { cloud, context, byOthers } = await here();
    const fault = { operation: "createFilesystem", when: "before", effect: { kind: "drop" } } as const;
    await cloud.control.addFault({ ...fault, next: 1000 });
    await expect(createFileSystem(context, spec)).rejects.toThrow(/file system files to be created/);
    await cloud.control.clearFaults();
    await cloud.control.advance(24 * 3600);
    await byOthers();
    expect((await createFileSystem(context, spec)).outputs.owned).toBe(false);
  });
});
