import { beforeEach, describe, expect, test } from "vitest";
import { slackCapture } from "../../../../data/estuary/spec/captures.ts";
import type { Specs } from "../../../../data/estuary/spec/catalog.ts";
import type { Death } from "../../../support/mortal.ts";
import { Engine } from "./support/engine.ts";
import { someSecret, type TestEstuary, testEstuary } from "./support/estuary.ts";

const owner = "sophia/test/source-slack";
const slack = (token: string, interval = "5m"): Specs =>
  slackCapture("sophia/test", {
    token,
    interval,
    startDate: "2025-01-01T00:00:00Z",
    lookbackDays: 7,
    channels: [],
  });
const token = someSecret();
const other = someSecret();

/** The capture without one of its collections. */
function fewer(specs: Specs): Specs {
  const { [owner]: task, "sophia/test/slack/channels": _, ...rest } = structuredClone(specs);
  if (task?.type !== "capture") throw new Error("no capture");
  task.model.bindings = task.model.bindings.filter(({ target }) => !target.endsWith("/channels"));
  return { ...rest, [owner]: task };
}

interface Flow {
  name: string;
  before: (engine: Engine, estuary: TestEstuary) => Promise<unknown>;
  /** Undefined: destroy. */
  wanted: Specs | undefined;
  /** How often the task is started from the flow's beginning when nothing goes wrong. */
  starts: number;
  /** Requests that it makes at least: how often it asks whether a publication is done differs from run to run. */
  least: number;
}

const ready = async (engine: Engine) => expect((await engine.up(slack(token))).outcome).toBe("done");
const initFailed = async (engine: Engine, { plane }: TestEstuary) => {
  plane.statuses.set(owner, { state: "failed", lastFailure: { message: "invalid_auth", at: 0 } });
  // Asked rarely: what counts is how it ends, and this comes before every run.
  const { outcome } = await engine.up(slack(token), { timing: { pollInterval: 100 } });
  expect(String(outcome)).toMatch(/does not run.*invalid_auth/s);
  plane.statuses.clear();
};

const flows: Flow[] = [
  { name: "create", before: async () => undefined, wanted: slack(token), starts: 1, least: 10 },
  { name: "change of a secret", before: ready, wanted: slack(other), starts: 2, least: 10 },
  { name: "one collection less", before: ready, wanted: fewer(slack(token)), starts: 2, least: 10 },
  { name: "finishing what did not run", before: initFailed, wanted: slack(token), starts: 1, least: 3 },
  { name: "destroy", before: ready, wanted: undefined, starts: 1, least: 8 },
  { name: "destroy of what does not run", before: initFailed, wanted: undefined, starts: 1, least: 8 },
];

describe.each(flows)("P1 $name", (flow) => {
  let estuary: TestEstuary;
  beforeEach(async () => {
    estuary = await testEstuary();
  });

  interface Trouble {
    death?: Death;
    fault?: () => void;
  }

  /** Runs the flow with trouble, then again without, then tears down; looks at what is live at every step. */
  async function survives({ death, fault }: Trouble) {
    const { plane, control, faults } = estuary;
    control.store.reset();
    plane.specs = { captures: {}, collections: {}, materializations: {} };
    plane.restarts.clear();
    plane.deleted = [];
    const engine = new Engine(estuary, owner);
    await flow.before(engine, estuary);
    fault?.();
    const run = (more: { death?: Death | undefined } = {}) =>
      flow.wanted ? engine.up(flow.wanted, more) : engine.destroy(more);
    const first = await run({ death });
    const struck = death ? first.outcome === "died" : faults.list().length === 0;
    faults.clear();
    const story = `${first.outcome} after ${first.requests.join(", ")}`;
    if (!struck) expect(first.outcome, story).toBe("done");
    if (first.outcome !== "done") expect((await run()).outcome, story).toBe("done");
    const live = () => Object.keys(control.store.state.live).sort();
    expect(live(), story).toEqual(Object.keys(flow.wanted ?? {}).sort());
    if (flow.wanted) {
      const credentials = plane.specs.captures[owner]?.config.credentials;
      const wanted = flow.wanted[owner];
      expect(wanted?.type === "capture" && wanted.model.endpoint.connector.config.credentials).toEqual(
        credentials,
      );
    }
    expect(plane.restarts.get(owner), story).toBe(flow.starts);
    expect((await engine.destroy()).outcome, story).toBe("done");
    expect(live(), story).toEqual([]);
    expect(plane.deleted, story).toEqual([owner]);
    expect(Object.keys(control.store.state.drafts), story).toEqual([]);
    return struck;
  }

  /** The same trouble at the first request, the second, and so on, until a run ends before it comes. */
  async function atEveryRequest(trouble: (request: number) => Trouble) {
    let request = 0;
    while (await survives(trouble(request))) request += 1;
    expect(request).toBeGreaterThanOrEqual(flow.least);
  }

  test.each(["before", "handled", "replied"] as const)("provider killed, request %s", (phase) =>
    atEveryRequest((request) => ({ death: { nth: request, phase } })),
  );

  test.each(["before", "after"] as const)("reply lost once, %s handling", (when) =>
    atEveryRequest((skip) => ({
      fault: () => estuary.faults.add({ operation: "*", skip, next: 1, when, effect: { kind: "drop" } }),
    })),
  );

  test.each(["before", "after"] as const)("502 once, %s handling", (when) =>
    atEveryRequest((skip) => ({
      fault: () =>
        estuary.faults.add({
          operation: "*",
          skip,
          next: 1,
          when,
          effect: { kind: "reply", status: 502, text: "<html>bad gateway" },
        }),
    })),
  );
});
