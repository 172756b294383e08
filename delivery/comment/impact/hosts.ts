import { dynamic, hostOf, instanceType } from "../../resources.ts";
import type { Effect } from "../plan.ts";
import type { Outcome } from "../steps.ts";
import { because, type Found, forTypes, gone, type ImpactRule, nameAt } from "./rule.ts";

function instance(outcome: Outcome): Found[] {
  const { kind, old } = outcome;
  if (!gone(outcome)) return [];
  const adopted = old.outputs.adopted === true;
  const what = adopted
    ? "no longer used, but keeps running: it was adopted, not launched"
    : kind === "replace"
      ? "drained, terminated and launched again: its pods are unavailable for some minutes, all data on its disks is lost"
      : "drained and terminated: all data on its disks is lost";
  const subject = `host ${hostOf(outcome.name)}`;
  return [{ subject, covers: subject, severity: adopted ? "outage" : "data", what, why: because(outcome) }];
}

/** Commands that the program runs on a host, by the last part of their resource name. */
const steps: Record<string, Pick<Effect, "severity" | "what">> = {
  install: {
    severity: "restart",
    what: "K3s is installed again and restarts: pods keep running, the node is not ready during the restart",
  },
  configure: {
    severity: "restart",
    what: "K3s restarts if its configuration differs; pods keep running",
  },
  harden: { severity: "none", what: "hardening is applied again: only SSH restarts, open sessions stay" },
  perimeter: { severity: "none", what: "the host firewall is updated; open connections stay" },
  health: { severity: "restart", what: "the health service restarts" },
  join: {
    severity: "none",
    what: "node labels and taints are updated; pods that no longer fit are rescheduled",
  },
};

function command(outcome: Outcome): Found[] {
  const found = /^cluster-(.+)-([a-z]+)$/.exec(outcome.name);
  const step = found && steps[found[2] ?? ""];
  if (!found || !step || outcome.kind === "delete") return [];
  const subject = `host ${found[1]}`;
  return [{ subject, within: subject, ...step, why: because(outcome) }];
}

/** Rules for machines and the commands that run on them. */
export const hostRules: ImpactRule[] = [
  forTypes([instanceType], instance),
  forTypes(["command:remote:Command"], command),
  forTypes([dynamic("lambda:FileSystem")], (outcome) =>
    gone(outcome)
      ? [
          {
            subject: `file system ${String(outcome.old.inputs.name ?? outcome.name)}`,
            severity: "data",
            what: "deleted with all of its data",
            why: because(outcome),
          },
        ]
      : [],
  ),
  forTypes([dynamic("lambda:FirewallRules"), dynamic("lambda:FirewallRuleset")], (outcome) => [
    {
      subject: `firewall ${outcome.name.replace(/^fleet-(rules|firewall)-/, "")}`,
      severity: "none",
      what: "access to the hosts changes immediately",
      why: because(outcome),
    },
  ]),
  forTypes([dynamic("k3s:KeyChange")], (outcome) => {
    const subject = `host ${outcome.name.replace(/^cluster-(.+)-key-change$/, "$1")}`;
    const what =
      outcome.kind === "delete"
        ? "accepts only the new SSH key"
        : "accepts the new SSH key and the previous one; nothing restarts";
    return [{ subject, within: subject, severity: "none", what, why: because(outcome) }];
  }),
  forTypes([dynamic("k3s:Leaving")], (outcome) => {
    const subject = `host ${outcome.name.replace(/^cluster-(.+)-leaving$/, "$1")}`;
    return gone(outcome)
      ? [
          {
            subject,
            severity: "outage",
            what: "its K3s is stopped and disabled, with all pods there: volumes and a server's database are kept on its disk",
            why: because(outcome),
          },
        ]
      : [];
  }),
  forTypes([dynamic("k3s:Drain")], (outcome) => {
    const node = String(outcome.old.inputs.node ?? outcome.name);
    return gone(outcome)
      ? [
          {
            subject: `node ${node}`,
            within: `host ${nameAt(outcome, "host")}`,
            severity: "restart",
            what: "drained: its pods move to other nodes, or stay pending until it is back",
            why: because(outcome),
          },
        ]
      : [];
  }),
  forTypes(["random:index/randomPassword:RandomPassword"], (outcome) =>
    outcome.kind === "replace"
      ? [
          {
            subject: `password ${outcome.name}`,
            severity: "restart",
            what: "a new password is generated; its users are updated and restart",
            why: because(outcome),
          },
        ]
      : [],
  ),
];
