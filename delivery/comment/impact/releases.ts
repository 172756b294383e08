import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";
import { because, type Found, forTypes, type ImpactRule, touches } from "./rule.ts";

interface Known {
  /** Effect of an upgrade. */
  upgrade: Pick<Effect, "severity" | "what">;
  /** Effect of a removal. */
  removal: Pick<Effect, "severity" | "what">;
}

/** Our releases by name. A plan does not show what a chart does. */
const known: Record<string, Known> = {
  nginx: {
    upgrade: { severity: "none", what: "on each ingress node a new pod takes over before the old one stops" },
    removal: { severity: "outage", what: "nothing is reachable from outside" },
  },
  redis: {
    upgrade: {
      severity: "outage",
      what: "its only pod restarts: unavailable for some seconds, then its data is read from disk",
    },
    removal: { severity: "outage", what: "unavailable; its volume stays" },
  },
  postgres: {
    upgrade: {
      severity: "outage",
      what: "its instances may restart, one by one; with a single instance the databases are unavailable during that",
    },
    removal: { severity: "data", what: "the databases are deleted with their volumes" },
  },
  prometheus: {
    upgrade: {
      severity: "none",
      what: "Prometheus and Alertmanager may restart: nothing is measured for some seconds",
    },
    removal: { severity: "none", what: "nothing is measured, and no alert is raised; the volumes stay" },
  },
  "nvidia-device-plugin": {
    upgrade: {
      severity: "restart",
      what: "restarts on each node: running pods keep their GPUs, new ones stay pending",
    },
    removal: { severity: "outage", what: "no new pod gets a GPU" },
  },
};

const unknown: Known = {
  upgrade: { severity: "restart", what: "pods whose template changes restart" },
  removal: {
    severity: "data",
    what: "its service is unavailable; whether its volumes are deleted depends on its chart",
  },
};

const releaseOf = ({ old, new: current, name }: Outcome): string => {
  const given = current.inputs.name ?? old.inputs.name;
  return typeof given === "string" ? given : name;
};

function release(outcome: Outcome): Found[] {
  const name = releaseOf(outcome);
  const { upgrade, removal } = Object.hasOwn(known, name) ? (known[name] ?? unknown) : unknown;
  const subject = `release ${name}`;
  const why = because(outcome);
  if (outcome.kind === "delete") return [{ subject, ...removal, why }];
  if (outcome.kind === "replace") {
    return [{ subject, ...removal, what: `uninstalled and installed again: ${removal.what}`, why }];
  }
  if (!touches(outcome, "values", "chart", "version")) return [];
  return [{ subject, ...(name === "postgres" && isOtherMajor(outcome) ? majorUpgrade : upgrade), why }];
}

const majorUpgrade: Known["upgrade"] = {
  severity: "data",
  what: "another major version of PostgreSQL: refused while databases of the present one are there, as nothing undoes it",
};

/** Whether both images have a tag, and the tags begin with different numbers. */
function isOtherMajor({ old, new: current }: Outcome): boolean {
  const [before, after] = [old, current].map(({ inputs }) => {
    const image = valueAt(inputs, "values", "image");
    return typeof image === "string" ? /:(\d+)[^/:]*$/.exec(image.replace(/@.*$/, ""))?.[1] : undefined;
  });
  return before !== undefined && after !== undefined && before !== after;
}

/** Rules for Helm releases. */
export const releaseRules: ImpactRule[] = [forTypes(["kubernetes:helm.sh/v3:Release"], release)];
