import { isDeepStrictEqual } from "node:util";
import { systemClock } from "../../../../components/core/wait.ts";
import { dropBacklog } from "./backlog/keeper.ts";
import type { Surroundings } from "./task/sources.ts";
import { Statuses, said } from "./task/status.ts";
import { runUnit, sinkOf, type UnitOptions, type UnitSpec } from "./task/unit.ts";
import type { LiveSpecs, Plane, TaskStatus } from "./types.ts";
import { leftTables, refusedLogins } from "./validate.ts";
import type { OpenWarehouse } from "./warehouse.ts";

export interface PlaneOptions extends Pick<Surroundings, "hubspotUrl" | "slackUrl"> {
  /** Opens a session in the lab's Snowflake. */
  openWarehouse: OpenWarehouse;
  /** Seconds between two looks for changes. Default 1; what captures say of intervals is for production. */
  poll?: number;
  /** Seconds between two looks through Slack's look-back window. Default 5. */
  review?: number;
  /** What a transaction of a destination has at most, and what waits for the next. Default 10,000 documents or 16 MB. */
  room?: UnitOptions["room"];
  /** Default: from half a second to 15 s. */
  backoff?: UnitOptions["backoff"];
  /** Folder for what `source-postgres` reads while its destination does not answer. Made when it is needed. */
  backlogs: string;
  log?: (line: string) => void;
}

/** The lab's data plane, and how to end it. */
export interface RunningPlane extends Plane {
  /** Ends all tasks; their positions stay where they are. */
  close(): Promise<void>;
}

interface Running {
  spec: UnitSpec;
  stop: AbortController;
  ended: Promise<void>;
}

/** How long a deleted materialization's destination may take to forget it. */
const forgetting = 10_000;

/** Materializations that run, each with the captures that feed it, and tasks that have nothing to do. */
function unitsOf(specs: LiveSpecs): UnitSpec[] {
  return Object.entries(specs.materializations).flatMap(([name, materialization]) => {
    if (materialization.disabled) return [];
    const wanted = new Set(
      materialization.bindings.filter(({ disabled }) => !disabled).map(({ source }) => source),
    );
    const feeds = Object.entries(specs.captures).filter(
      ([, capture]) =>
        !capture.disabled && capture.bindings.some(({ target, disabled }) => !disabled && wanted.has(target)),
    );
    const used = new Set([
      ...wanted,
      ...feeds.flatMap(([, { bindings }]) => bindings.map(({ target }) => target)),
    ]);
    const collections = Object.entries(specs.collections).filter(([collection]) => used.has(collection));
    return [
      {
        name,
        materialization,
        captures: Object.fromEntries(feeds),
        collections: Object.fromEntries(collections),
        published: Object.keys(specs.captures).sort(),
      },
    ];
  });
}

/** A slot has one reader: a second one would miss what the first one takes. */
function refuseSharedSlots(units: readonly UnitSpec[], statuses: Statuses): UnitSpec[] {
  const readers = new Map<string, string>();
  return units.filter(({ name, captures }) => {
    const slots = Object.entries(captures).filter(([, { connector }]) => connector === "source-postgres");
    const taken = slots.find(([capture]) => readers.has(capture));
    for (const [capture] of slots) if (!taken) readers.set(capture, name);
    if (taken) {
      const [capture] = taken;
      const other = readers.get(capture);
      statuses.failed(
        name,
        `the lab's plane gives ${capture} to one materialization, and ${other} has it already`,
      );
    }
    return !taken;
  });
}

/**
 * Makes the data plane. Collections are pipes here: a document goes from its source to its destination in one step, and
 * the position of the source is kept in the destination, in the same transaction as the rows. Only while a destination
 * does not answer are they kept, of the sources that forget what was read.
 */
export function createPlane(options: PlaneOptions): RunningPlane {
  const statuses = new Statuses();
  const running = new Map<string, Running>();
  const stopped = new Map<string, UnitSpec>();
  const ending = new Set<Promise<void>>();
  const unit: UnitOptions = {
    around: {
      hubspotUrl: options.hubspotUrl,
      slackUrl: options.slackUrl,
      poll: options.poll ?? 1,
      review: options.review ?? 5,
      clock: systemClock,
    },
    openWarehouse: options.openWarehouse,
    statuses,
    backoff: options.backoff ?? { first: 0.5, most: 15 },
    clock: systemClock,
    backlogs: options.backlogs,
    room: options.room ?? { documents: 10_000, bytes: 16_000_000 },
    log: options.log ?? (() => {}),
  };

  const start = (spec: UnitSpec, after: Promise<void>): void => {
    const stop = new AbortController();
    statuses.set(spec.name, "pending");
    for (const capture of Object.keys(spec.captures)) statuses.set(capture, "pending");
    const ended = after.then(() => runUnit(spec, unit, stop.signal));
    running.set(spec.name, { spec, stop, ended });
  };
  const halt = (name: string): Promise<void> => {
    const task = running.get(name);
    if (!task) return Promise.resolve();
    running.delete(name);
    stopped.set(name, task.spec);
    task.stop.abort(new Error(`${name} was stopped`));
    const ended = task.ended.finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  };

  const apply = (specs: LiveSpecs): void => {
    const units = refuseSharedSlots(unitsOf(specs), statuses);
    const gone = [...running.keys()].filter((name) => !units.some((one) => one.name === name));
    // A slot may move from one materialization to another.
    let before = Promise.all(gone.map(halt)).then(() => {});
    for (const spec of units) {
      const current = running.get(spec.name);
      if (current && isDeepStrictEqual(current.spec, spec)) continue;
      const halted = current ? halt(spec.name) : Promise.resolve();
      before = Promise.all([before, halted]).then(() => {});
      start(spec, before);
    }
    const busy = new Set(units.flatMap(({ name, captures }) => [name, ...Object.keys(captures)]));
    for (const [name, task] of Object.entries({ ...specs.captures, ...specs.materializations })) {
      if (task.disabled) statuses.set(name, "disabled");
      else if (!busy.has(name) && name in specs.captures) {
        statuses.set(
          name,
          "running",
          "nothing materializes its collections yet, and nothing is read before that",
        );
      }
    }
  };

  /** A destination that is gone with all it had remembers nothing anyway; one that is merely down keeps its positions. */
  const forget = async (spec: UnitSpec): Promise<void> => {
    const sink = sinkOf(spec, options.openWarehouse);
    const late = AbortSignal.timeout(forgetting);
    try {
      const done = sink.open().then(() => sink.forget());
      await Promise.race([
        done,
        new Promise((_, reject) => late.addEventListener("abort", () => reject(late.reason))),
      ]);
    } catch (error) {
      unit.log(`${spec.name}: its positions could not be forgotten: ${said(error)}`);
    } finally {
      await sink.close();
    }
  };

  return {
    apply,
    status: (name): TaskStatus => statuses.of(name),
    async validate(specs, tasks) {
      const idle = tasks.filter((name) => !running.has(name));
      const faults = await Promise.all([
        refusedLogins(specs, tasks, unit.around),
        leftTables(specs, idle, options.openWarehouse, unit.log),
      ]);
      return faults.flat();
    },
    async delete(name) {
      // Tasks that fed or read it were restarted when it was removed.
      await Promise.all([halt(name), ...ending]);
      const spec = stopped.get(name);
      stopped.delete(name);
      if (spec) await forget(spec);
      for (const capture of [name, ...Object.keys(spec?.captures ?? {})])
        await dropBacklog(options.backlogs, capture);
      statuses.forget(name);
    },
    async close() {
      for (const name of running.keys()) halt(name);
      await Promise.all(ending);
    },
  };
}
