import { expect } from "vitest";
import type { Phase } from "../../support/mortal.ts";
import type { Account } from "./account.ts";
import type { Engine } from "./engine.ts";

/** One operation on one host, during which anything may die. */
export interface Flow {
  name: string;
  /** Brings the engine to where the operation under test begins. */
  before: (engine: Engine, account: Account) => Promise<unknown>;
  operation: "up" | "destroy";
  inputs?: (engine: Engine) => object;
  /** Instances that are launched from the flow's beginning when nothing goes wrong, by whomever. */
  launches: number;
  /** Instances that run after the operation, and after a `destroy`. */
  alive: number;
  left: number;
  /** Moments that the operation has at least: how often it asks whether a machine is up differs from run to run. */
  least: { requests: number; journal: number; wait: number; answer: number };
}

const ready = async (engine: Engine) => expect((await engine.run("up")).outcome).toBe("done");
/** A host whose instance is recorded and not active yet. */
export const initFailed = async (engine: Engine) => {
  const { outcome } = await engine.run("up", { timing: { bootDeadline: 60 } });
  expect(String(outcome)).toContain("it stays recorded");
};
/** An instance that the program did not launch. */
const foreign = async (_: Engine, { cloud }: Account) => {
  await cloud.launched({ name: "foreign", hostname: "foreign" });
  await cloud.control.advance(600);
};
const adoption = () => ({ adopt: { name: "foreign" } });
const adopted = async (engine: Engine, at: Account) => {
  await foreign(engine, at);
  expect((await engine.run("up", { inputs: adoption() })).outcome).toBe("done");
};

const up = { operation: "up", launches: 1, alive: 1, left: 0 } as const;
const destroy = { operation: "destroy", launches: 1, alive: 0, left: 0 } as const;
export const flows: Flow[] = [
  {
    ...up,
    name: "create",
    before: async () => undefined,
    least: { requests: 5, journal: 4, wait: 1, answer: 2 },
  },
  {
    ...up,
    name: "create on a machine that breaks",
    before: (_, { cloud }) => cloud.control.plan({ outcome: "unhealthy" }),
    launches: 2,
    least: { requests: 10, journal: 6, wait: 1, answer: 2 },
  },
  {
    ...up,
    name: "finishing a half-made host",
    before: initFailed,
    least: { requests: 3, journal: 1, wait: 1, answer: 1 },
  },
  {
    ...up,
    name: "rename",
    before: ready,
    inputs: () => ({ name: "renamed" }),
    least: { requests: 1, journal: 0, wait: 0, answer: 1 },
  },
  {
    ...up,
    name: "replace",
    before: ready,
    inputs: () => ({ userData: "#cloud-config\n" }),
    launches: 2,
    least: { requests: 8, journal: 5, wait: 1, answer: 2 },
  },
  {
    ...up,
    name: "adopt",
    before: foreign,
    inputs: adoption,
    left: 1,
    least: { requests: 2, journal: 0, wait: 0, answer: 2 },
  },
  {
    ...up,
    name: "adopt what was launched",
    before: ready,
    inputs: ({ row }) => ({ adopt: { id: row?.id } }),
    left: 1,
    least: { requests: 0, journal: 0, wait: 0, answer: 2 },
  },
  {
    ...up,
    name: "launch instead of an adopted host",
    before: adopted,
    launches: 2,
    alive: 2,
    left: 1,
    least: { requests: 5, journal: 4, wait: 1, answer: 3 },
  },
  {
    ...up,
    name: "launch instead of what was launched and adopted",
    before: async (engine) => {
      await ready(engine);
      expect((await engine.run("up", { inputs: { adopt: { name: "host" } } })).outcome).toBe("done");
    },
    inputs: () => ({ userData: "#cloud-config\n" }),
    launches: 2,
    alive: 2,
    left: 1,
    least: { requests: 5, journal: 4, wait: 1, answer: 3 },
  },
  {
    ...destroy,
    name: "destroy",
    before: ready,
    least: { requests: 4, journal: 4, wait: 1, answer: 2 },
  },
  {
    ...destroy,
    name: "destroy of a half-made host",
    before: initFailed,
    least: { requests: 4, journal: 4, wait: 1, answer: 2 },
  },
  {
    ...destroy,
    name: "destroy of an adopted host",
    before: adopted,
    alive: 1,
    left: 1,
    least: { requests: 0, journal: 0, wait: 0, answer: 2 },
  },
];

/** How many moments of that kind the operation has at least. */
export const leastOf = ({ least }: Flow, phase: Phase): number => {
  if (phase === "journal" || phase === "noted") return least.journal;
  return phase === "wait" || phase === "answer" ? least[phase] : least.requests;
};
