import { faultsOf } from "../../../../policies/engine/evaluate.ts";
import type { Rule, Subject } from "../../../../policies/engine/rule.ts";
import { Hidden, unknown } from "../../../../policies/engine/values.ts";
import { asSecret, contextOf, kubernetes, prepared, resource } from "../fixtures.ts";
import { plantedKeys } from "../keys/planted.ts";
import { clusterCases } from "./cluster.ts";
import { gpuCases } from "./gpus.ts";
import { imageCases } from "./images.ts";
import { k3sCases } from "./k3s.ts";
import { platformCases } from "./platform.ts";
import { podsCases } from "./pods.ts";
import { postgresCases } from "./postgres.ts";
import { restrictedCases } from "./restricted.ts";
import { type Case, container, isSituation, type Situation, workload } from "./subjects.ts";

/** What every rule must refuse and let pass, by rule. */
export const cases: Record<string, Case> = {
  ...platformCases,
  ...clusterCases,
  ...gpuCases,
  ...k3sCases,
  ...postgresCases,
  ...podsCases,
  ...imageCases,
  ...restrictedCases,
};

const digest = { image: `ghcr.io/sophia-ai/one@sha256:${"0123456789abcdef".repeat(4)}` };
const thing = (kind: string, spec: unknown = {}, more: object = {}) =>
  kubernetes({
    apiVersion: "test/v1",
    kind,
    metadata: { name: "thing", namespace: "apps", labels: {} },
    spec,
    ...more,
  });

/** What no rule may have anything against. */
const everywhere: Record<string, Subject> = {
  "a resource of another kind": resource({
    rules: [{ source: "0.0.0.0/0" }],
    secret: "",
    data: { note: "x" },
  }),
  "a secret as a whole": resource({ all: new Hidden({ password: "x" }) }),
  "an object of another kind": thing(
    "Widget",
    { enableSuperuserAccess: true, metrics: [{ resource: { name: "x" } }] },
    { data: { note: "plain" } },
  ),
  "somebody else's cluster": thing("Cluster", { enableSuperuserAccess: true, imageName: "somebody/x" }),
  "an object that is not known yet": thing("Deployment", unknown),
  "a Deployment": workload("Deployment", {}, digest),
  "a CronJob": workload("CronJob", {}, digest),
};

/** What a rule says of one subject of its cases. */
export function said(rule: Rule, given: Subject | Situation): string[] {
  const { subject, context } = isSituation(given) ? given : { subject: given };
  return faultsOf(rule, prepared(subject), contextOf({ ...cases[rule.name]?.context, ...context })).map(
    ({ fault: { path, message } }) => `${path}: ${message}`,
  );
}

/** The same situation with a resource all of whose inputs are secret; undefined for an object of a release. */
export function hidden(given: Subject | Situation): Situation | undefined {
  const { subject, says: _, ...situation } = isSituation(given) ? given : { subject: given };
  return subject.type.startsWith("helm:") ? undefined : { ...situation, subject: asSecret(subject) };
}

/** Every known key, under the name of its format. */
const planted = plantedKeys().map(({ format, key }) => ({ format, subject: container({ args: [key] }) }));

/** Whether a rule refuses what it must, and says what it must. */
export function refuses(rule: Rule, given: Subject | Situation): boolean {
  const text = said(rule, given);
  const wanted = isSituation(given) ? given.says : undefined;
  return wanted === undefined
    ? text.length > 0
    : text.some((each) => (typeof wanted === "string" ? each.includes(wanted) : wanted.test(each)));
}

/** Cases of a rule that come out wrong, by what they are. */
export function failures(rule: Rule): string[] {
  const { violating = {}, clean = {} } = cases[rule.name] ?? {};
  const missed = Object.entries(violating).filter(([, given]) => !refuses(rule, given));
  const innocent = [...Object.entries(clean), ...Object.entries(everywhere)];
  const wronged = innocent.filter(([, given]) => said(rule, given).length > 0);
  const lost =
    rule.name === "no-hard-coded-keys"
      ? planted.filter(({ format, subject }) => !said(rule, subject).some((text) => text.includes(format)))
      : [];
  return [...[...missed, ...wronged].map(([what]) => what), ...lost.map(({ format }) => format)];
}
