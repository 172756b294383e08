import type { Instance, Progress, Status, TransitionName, Transitions } from "../store/state.ts";

/** One transition of an instance's lifecycle. */
interface Step {
  from: readonly Status[];
  to: Status | "gone";
  /** The wait that must be over; none means at once. */
  after?: TransitionName;
  when(instance: Instance): boolean;
  /** Why it became unhealthy. */
  trouble?(instance: Instance): string;
}

const machineLost = ({ machine, held }: Instance) =>
  !held &&
  (machine.phase === "failed" ||
    (machine.phase === "created" && (machine.seen === "stopped" || machine.seen === "missing")));
/** Removed by somebody else: it cannot come back, as one that is stopped can. */
const machineVanished = ({ machine, held }: Instance) =>
  !held && machine.phase === "created" && machine.seen === "missing";
const machineRuns = ({ machine }: Instance) => machine.phase === "created" && machine.seen === "running";
const machineGone = ({ machine }: Instance) => machine.phase === "removed";

/** The whole lifecycle. The first step that applies is taken, until none does. */
const steps: readonly Step[] = [
  {
    from: ["booting"],
    to: "unhealthy",
    after: "unhealthy",
    when: ({ outcome, restarting }) => outcome === "unhealthy" && !restarting,
    trouble: () => "chosen to fail while booting",
  },
  { from: ["active", "unhealthy"], to: "terminating", when: machineVanished },
  {
    from: ["booting", "active"],
    to: "unhealthy",
    when: machineLost,
    trouble: ({ machine, trouble }) => trouble ?? `its machine is ${machine.seen ?? machine.phase}`,
  },
  {
    from: ["booting"],
    to: "active",
    after: "active",
    when: (instance) =>
      machineRuns(instance) && !instance.restarting && instance.outcome !== "unhealthy" && !instance.held,
  },
  {
    from: ["booting"],
    to: "active",
    after: "restarted",
    when: (instance) => machineRuns(instance) && instance.restarting && !instance.held,
  },
  {
    from: ["unhealthy"],
    to: "active",
    when: (instance) =>
      machineRuns(instance) &&
      !instance.held &&
      !(instance.outcome === "unhealthy" && !instance.firstHealthyAt),
  },
  {
    from: ["active"],
    to: "preempted",
    after: "preempted",
    when: ({ outcome }) => outcome === "preempted",
  },
  { from: ["terminating"], to: "terminated", after: "terminated", when: machineGone },
  { from: ["terminated", "preempted"], to: "gone", after: "gone", when: machineGone },
];

/** Emulated time at which a wait that began at `since` is over; undefined when it is not over by `now`. */
function overAt(wait: Progress, since: number, now: number, reads: number): number | undefined {
  switch (wait.by) {
    case "time": {
      const due = since + wait.seconds * 1000;
      return due <= now ? due : undefined;
    }
    case "reads":
      return reads >= wait.count ? now : undefined;
    case "manual":
      return undefined;
  }
}

export interface Change {
  to: Status | "gone";
  at: number;
  trouble?: string;
}

/** The next change of an instance that is due, if any. */
export function nextChange(instance: Instance, now: number, transitions: Transitions): Change | undefined {
  for (const step of steps) {
    if (!step.from.includes(instance.status) || !step.when(instance)) continue;
    const due = step.after ? overAt(transitions[step.after], instance.enteredAt, now, instance.reads) : now;
    if (due === undefined) continue;
    // A wait that ended long ago does not backdate what the machine reports only now.
    return {
      to: step.to,
      at: Math.max(due, instance.machine.since),
      ...(step.trouble ? { trouble: step.trouble(instance) } : {}),
    };
  }
  return undefined;
}

/** Whether a wait that counts from the launch is over; one that goes by hand is over once booting is. */
const sinceLaunch = (instance: Instance, now: number, wait: Progress) =>
  wait.by === "manual"
    ? instance.status !== "booting"
    : overAt(wait, instance.launchedAt, now, instance.allReads) !== undefined;

/** Whether the API shows the instance yet. */
export const isListed = (instance: Instance, now: number, transitions: Transitions): boolean =>
  sinceLaunch(instance, now, transitions.listed);

/** Whether the API shows its address yet. */
export const hasAddress = (instance: Instance, now: number, transitions: Transitions): boolean =>
  instance.machine.phase !== "failed" && sinceLaunch(instance, now, transitions.addressed);

export type Blocked = "vm-has-not-launched" | "vm-is-terminating" | "vm-action-in-progress";

/** Why the instance cannot be terminated now; undefined when it can. */
export function terminateBlocked(
  instance: Instance,
  now: number,
  transitions: Transitions,
): Blocked | undefined {
  if (["terminating", "terminated", "preempted"].includes(instance.status)) return "vm-is-terminating";
  if (instance.status === "booting" && !sinceLaunch(instance, now, transitions.terminable))
    return "vm-has-not-launched";
  return undefined;
}

/** Why it cannot be restarted, rebuilt, migrated or power-cycled now. */
export function actionBlocked(instance: Instance): Blocked | undefined {
  switch (instance.status) {
    case "booting":
      return instance.restarting ? "vm-action-in-progress" : "vm-has-not-launched";
    case "active":
    case "unhealthy":
      return undefined;
    default:
      return "vm-is-terminating";
  }
}
