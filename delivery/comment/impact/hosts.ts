import type { Effect } from "../plan.ts";
import type { Outcome } from "../steps.ts";
import { because, type Found, forTypes, gone, type ImpactRule } from "./rule.ts";

const dynamic = (type: string) => `pulumi-nodejs:dynamic/${type}`;

/** `fleet-backend` is the machine of host `backend`. */
const hostOf = ({ name }: Outcome) => `host ${name.replace(/^fleet-/, "")}`;

function instance(outcome: Outcome): Found[] {
  const { kind, old } = outcome;
  if (!gone(outcome)) return [];
  const adopted = old.outputs.adopted === true;
  const what = adopted
    ? "it is no longer used, but goes on running: it was adopted, not launched"
    : kind === "replace"
      ? "drained, terminated and launched again: its pods are away for some minutes, everything on its disks is lost"
      : "drained and terminated: everything on its disks is lost";
  const subject = hostOf(outcome);
  return [{ subject, covers: subject, severity: adopted ? "outage" : "data", what, why: because(outcome) }];
}

/** The steps that the program runs on a host, by the last part of the command's name. */
const steps: Record<string, Pick<Effect, "severity" | "what">> = {
  install: {
    severity: "restart",
    what: "K3s is installed anew and restarts; its pods go on running, the node is not ready meanwhile",
  },
  configure: {
    severity: "restart",
    what: "K3s restarts if its configuration differs; its pods go on running",
  },
  harden: { severity: "none", what: "hardened again; nothing restarts but SSH, sessions stay open" },
  perimeter: { severity: "none", what: "the host's firewall is set again; connections stay open" },
  health: { severity: "restart", what: "its health service restarts" },
  join: {
    severity: "none",
    what: "its node's labels and taints are set again; pods that no longer fit move",
  },
};

function command(outcome: Outcome): Found[] {
  const found = /^cluster-(.+)-([a-z]+)$/.exec(outcome.name);
  const step = found && steps[found[2] ?? ""];
  if (!found || !step || outcome.kind === "delete") return [];
  const subject = `host ${found[1]}`;
  return [{ subject, within: subject, ...step, why: because(outcome) }];
}

/** Rules for machines and what is run on them. */
export const hostRules: ImpactRule[] = [
  forTypes([dynamic("lambda:Instance")], instance),
  forTypes(["command:remote:Command"], command),
  forTypes([dynamic("lambda:FileSystem")], (outcome) =>
    gone(outcome)
      ? [
          {
            subject: `file system ${String(outcome.old.inputs.name ?? outcome.name)}`,
            severity: "data",
            what: "deleted with all that is on it",
            why: because(outcome),
          },
        ]
      : [],
  ),
  forTypes([dynamic("lambda:FirewallRules"), dynamic("lambda:FirewallRuleset")], (outcome) => [
    {
      subject: `firewall ${outcome.name.replace(/^fleet-(rules|firewall)-/, "")}`,
      severity: "none",
      what: "who may reach the hosts changes at once",
      why: because(outcome),
    },
  ]),
  forTypes([dynamic("k3s:KeyChange")], (outcome) => {
    const subject = `host ${outcome.name.replace(/^cluster-(.+)-key-change$/, "$1")}`;
    const what =
      outcome.kind === "delete"
        ? "it takes the new SSH key only, and the previous one no longer"
        : "it takes the new SSH key beside the previous one; nothing restarts";
    return [{ subject, within: subject, severity: "none", what, why: because(outcome) }];
  }),
  forTypes([dynamic("k3s:Drain")], (outcome) => {
    const node = String(outcome.old.inputs.node ?? outcome.name);
    return gone(outcome)
      ? [
          {
            subject: `node ${node}`,
            within: `host ${outcome.name.replace(/^cluster-(.+)-drain$/, "$1")}`,
            severity: "restart",
            what: "drained: its pods move to other nodes, or wait until it is back",
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
            what: "a new password is made: whoever uses it is updated and restarts",
            why: because(outcome),
          },
        ]
      : [],
  ),
];
