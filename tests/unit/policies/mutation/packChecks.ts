import type { Pack, Violation } from "../../../../policies/analyzer/server.ts";
import { ResourceCache } from "../../../../policies/engine/evaluate.ts";
import { type Exception, Exceptions } from "../../../../policies/engine/exceptions.ts";
import type { Subject } from "../../../../policies/engine/rule.ts";
import { manifestSubjects, type resourceSubjects } from "../../../../policies/engine/subjects.ts";
import { type Json, unknown } from "../../../../policies/engine/values.ts";
import type { makePack } from "../../../../policies/pack.ts";
import { rules } from "../../../../policies/rules/index.ts";
import { stackRules } from "../../../../policies/rules/stack/index.ts";
import { contextOf, deployment, exception } from "../fixtures.ts";
import { genericValue } from "../keys/values.ts";

const named = (violations: Violation[]): string => violations.map(({ policy }) => policy.name).join();
const resource = (type: string, name: string, props: Json = {}) => ({
  urn: `urn:${name}`,
  type,
  name,
  props,
});
const release = (name: string, props: Json = {}) =>
  resource("kubernetes:helm.sh/v3:Release", name, { chart: "./x", values: {}, ...props });
const machine = (name: string, hourlyUsd: unknown, instanceTypes: string[] = []) =>
  resource("pulumi-nodejs:dynamic/lambda:Instance", name, { hourlyUsd, instanceTypes });
const space = resource("kubernetes:core/v1:Namespace", "space", {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "apps", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const stackWith = (props: Json) => resource("pulumi:pulumi:Stack", "stack", props);

/** Renders what the release's name says. */
async function render({ name }: Subject): Promise<Subject[]> {
  if (name === "broken") throw new Error("no chart");
  return manifestSubjects(name, [deployment({ pod: name === "bad" ? { hostPID: true } : {} })], "apps");
}

function packed(make: typeof makePack, ...exceptions: Exception[]): Pack {
  const context = contextOf({ config: { budget: '{"monthlyUsd":1000}' } });
  return make("p", context, new Exceptions(exceptions, "dev", "2026-11-21"), new ResourceCache(render));
}

function lists(pack: Pack): boolean {
  const of = (wanted: (policy: Pack["policies"][number]) => boolean) =>
    pack.policies
      .filter(wanted)
      .map(({ name }) => name)
      .join();
  return (
    pack.name === "p" &&
    pack.version === "0.1.0" &&
    pack.policies.length === rules.length + stackRules.length + 5 &&
    of(({ level }) => level === "advisory") === "releases-judged-later,launch-within-budget" &&
    of(({ level }) => level === "mandatory").split(",").length === pack.policies.length - 2 &&
    of(({ ofStack }) => ofStack === true) ===
      [
        "stack-within-budget",
        "launch-within-budget",
        ...stackRules.map(({ name }) => name),
        "exceptions-are-needed",
      ].join()
  );
}

async function evaluates(make: typeof makePack): Promise<boolean> {
  const of = async (given: Json & Parameters<Pack["evaluate"]>[0], ...exceptions: Exception[]) =>
    named(await packed(make, ...exceptions).evaluate(given));
  return (
    (await of(release("good"))) === "" &&
    (await of(release("bad"))) === "no-host-access" &&
    (await of(release("bad"), exception("no-host-access", "bad/*"))) === "" &&
    (await of(release("broken"))) === "releases-can-be-read" &&
    (await of(release("bad", { values: unknown }))) === "releases-judged-later"
  );
}

async function evaluatesStack(make: typeof makePack): Promise<boolean> {
  const of = async (given: Parameters<Pack["evaluateStack"]>[0], ...exceptions: Exception[]) =>
    packed(make, ...exceptions).evaluateStack(given);
  const later = packed(make, exception("probes", "later/Pod/one"));
  await later.evaluate(release("later", { values: unknown }));
  // Inputs count, not what the engine knows at the end; of the stack itself its outputs do.
  const inputs = packed(make);
  await inputs.evaluate(space);
  await inputs.evaluate(stackWith({}));
  const atTheEnd = await inputs.evaluateStack([
    { ...space, props: {} },
    stackWith({ apiKey: genericValue() }),
  ]);
  const [dear] = await of([machine("one", 2), resource("test:x:Y", "two")]);
  const isolated = ["namespace-default-deny", "namespace-dns"].map((rule) =>
    exception(rule, "namespace apps"),
  );
  const optional = exception("probes", "two", { optional: true });
  return (
    named(await of([])) === "" &&
    dear?.policy.name === "stack-within-budget" &&
    dear.message.includes("(one)") &&
    named(await of([machine("one", undefined, ["gpu_1x_a6000", "gpu_1x_a100"])])) ===
      "launch-within-budget" &&
    named(atTheEnd) === "namespace-default-deny,namespace-dns,secret-outputs" &&
    named(await of([space], ...isolated)) === "" &&
    named(await later.evaluateStack([])) === "" &&
    named(await of([], exception("probes", "nobody"))) === "exceptions-are-needed" &&
    named(await of([resource("test:x:Y", "one")], optional)) === "" &&
    named(await of([resource("test:x:Y", "two")], optional)) === "exceptions-are-needed"
  );
}

/** Whether a pack lists its policies, and finds what it must in resources and in a stack. */
export const packing = async (make: typeof makePack): Promise<boolean> =>
  lists(packed(make)) && (await evaluates(make)) && (await evaluatesStack(make));

const body = deployment();
const { apiVersion: _, kind: __, ...untyped } = body;
const listOf = (kind: string, ...items: unknown[]) => ({ apiVersion: "apps/v1", kind, items });
const pathsOf = (subjects: Subject[]) =>
  subjects.map(({ name, kubernetes }) => `${kubernetes?.namespace} ${name}`).join();

/** Whether a release's objects are found, those in lists, too. */
export const manifests = (expand: typeof manifestSubjects): boolean => {
  const of = (...bodies: Json[]) => pathsOf(expand("r", bodies, "others"));
  return (
    of(body) === "apps r/Deployment/one" &&
    of({ apiVersion: "v1", kind: "Service", metadata: { name: "s" } }) === "others r/Service/s" &&
    pathsOf(expand("r", [{ apiVersion: "v1", kind: "Service", metadata: {} }])) === "undefined r/Service/" &&
    !("namespace" in (expand("r", [{ ...body, metadata: {} }])[0]?.kubernetes ?? {})) &&
    of({}, { kind: 1, items: [body] }) === "" &&
    of(listOf("List", body, body)).split(",").length === 3 &&
    of(listOf("List", untyped)) === "others r/List/" &&
    of(listOf("DeploymentList", untyped)) === "others r/DeploymentList/,apps r/Deployment/one" &&
    of(listOf("List", listOf("List", body))) === "others r/List/,others r/List/,apps r/Deployment/one" &&
    of(listOf("Lister", body)) === "others r/Lister/" &&
    of({ ...listOf("List"), items: "none" }) === "others r/List/" &&
    expand("r", [body])[0]?.type === "helm:Deployment"
  );
};

/** Whether a resource is a subject, with the objects in it if it is a list. */
export const subjects = (make: typeof resourceSubjects): boolean => {
  const of = (type: string, props: Json) => pathsOf(make({ type, name: "x", props }));
  return (
    of("kubernetes:apps/v1:Deployment", body) === "apps x" &&
    of("kubernetes:core/v1:List", listOf("List", body)) === "undefined x,apps x/Deployment/one" &&
    of("kubernetes:core/v1:List", { kind: "List", items: [body] }) === "undefined x,apps x/Deployment/one" &&
    of("test:x:Y", listOf("List", body)) === "undefined x" &&
    make({ type: "test:x:Y", name: "x", props: body })[0].kubernetes === undefined &&
    make({ type: "kubernetes:apps/v1:Deployment", name: "x", props: body })[0].kubernetes?.kind ===
      "Deployment"
  );
};
