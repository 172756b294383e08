import { isDeepStrictEqual as same } from "node:util";
import type { Resource } from "../../../../policies/analyzer/wire.ts";
import type * as Evaluation from "../../../../policies/engine/evaluate.ts";
import { Exceptions } from "../../../../policies/engine/exceptions.ts";
import type { Rule, StackRule, Subject } from "../../../../policies/engine/rule.ts";
import { manifestSubjects } from "../../../../policies/engine/subjects.ts";
import { Hidden, type Json, object, revealed, unknown } from "../../../../policies/engine/values.ts";
import { contextOf, exception } from "../fixtures.ts";

const thing = (props: Json, name = "thing"): Resource => ({
  urn: `urn:${name}`,
  type: "test:x:Y",
  name,
  props,
});
const release = (values: unknown, name = "rel"): Resource => ({
  ...thing({ chart: "./x", values }, name),
  type: "kubernetes:helm.sh/v3:Release",
});
const about = { name: "r", description: "", severity: "low", why: "why", fix: "fix" } as const;

/** Refuses each `bad` text, and quotes it; one that is `Hidden` only where it is asked about secrets. */
const rule = (aboutSecrets: boolean): Rule => ({
  ...about,
  ...(aboutSecrets && { aboutSecrets }),
  evaluate: ({ props, kubernetes }) =>
    Object.entries(kubernetes ? { name: kubernetes.name, ...(kubernetes.body.data as Json) } : props).flatMap(
      ([path, value]) =>
        aboutSecrets && value instanceof Hidden
          ? [{ path, message: "is hidden" }]
          : typeof value === "string" && value.startsWith("bad")
            ? [{ path, message: `is ${value}` }]
            : [],
    ),
});
const [plain, ofSecrets] = [rule(false), rule(true)];

const exceptions = (...resources: string[]) =>
  new Exceptions(
    resources.map((resource) => exception("r", resource)),
    "dev",
    "2026-11-21",
  );
const map = (data: unknown, name: unknown = "map"): Json => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

/** Renders one object from a release's values, where there are any. */
const chart = (when: (values: Json) => boolean) => async (subject: Subject) => {
  const values = revealed(subject.props.values, undefined, "withheld") as Json;
  if (when(values)) throw new Error(`near ${JSON.stringify(values)}`);
  return manifestSubjects(subject.name, [map(values)]);
};

async function prepares({ ResourceCache, withSecrets }: typeof Evaluation): Promise<boolean> {
  const cache = new ResourceCache(chart(() => false));
  const open = await cache.load(thing({ a: "x" }));
  const again = await cache.get(thing({ a: "other" }));
  const fresh = await cache.get(thing({ a: "y" }, "fresh"));
  const partly = withSecrets(thing({ a: new Hidden({ b: "x" }), c: unknown }));
  const [subject, marked] = [partly.subjects[0], partly.marked[0]];
  const secret = await cache.load(thing({ a: new Hidden("x") }, "secret"));
  const rendered = await cache.load(release({ a: "x" }));
  const late = await cache.load(release(unknown));
  return (
    open === again &&
    open.subjects === open.marked &&
    open.marked === open.shown &&
    open.later === undefined &&
    open.unreadable === undefined &&
    fresh.subjects[0]?.props.a === "y" &&
    same(subject.props, { a: { b: "x" }, c: unknown }) &&
    (marked.props.a as Json).b instanceof Hidden &&
    marked.props.c === unknown &&
    secret.shown === secret.marked &&
    secret.subjects[0]?.props.a === "x" &&
    same(
      [rendered.subjects, rendered.marked, rendered.shown].map((each) => each.length),
      [2, 2, 2],
    ) &&
    rendered.shown[1] === rendered.subjects[1] &&
    rendered.later === undefined &&
    late.later === true &&
    late.subjects.length === 1
  );
}

async function fails({ ResourceCache, evaluate }: typeof Evaluation): Promise<boolean> {
  const of = (values: unknown, when: (values: Json) => boolean) =>
    new ResourceCache(chart(when)).load(release(values));
  const hidden = { a: new Hidden("bad-secret"), b: "bad" };
  let calls = 0;
  const openly = await of({ a: "x" }, () => {
    calls += 1;
    return true;
  });
  const always = await of(hidden, () => true);
  const onlySecret = await of(hidden, ({ a }) => a === "bad-secret");
  const onlyShown = await of(hidden, ({ a }) => a !== "bad-secret");
  const never = await of(hidden, () => false);
  const said = (loaded: Evaluation.EvaluatedResource) => evaluate(plain, loaded, contextOf(), exceptions());
  return (
    openly.unreadable === 'near {"a":"x"}' &&
    openly.subjects.length === 1 &&
    calls === 1 &&
    always.unreadable !== undefined &&
    !always.unreadable.includes("secret") &&
    onlySecret.unreadable?.includes("renders it with placeholders") === true &&
    onlyShown.unreadable === undefined &&
    said(onlyShown)?.includes("bad-secret") === false &&
    said(onlyShown)?.split("a value here").length === 3 &&
    said(never)?.includes("rel/ConfigMap/map at b: is bad\n") === true &&
    said(never)?.includes("rel/ConfigMap/map at a: a value here") === true &&
    said(never)?.includes("bad-secret") === false &&
    // A rule about secrets says nothing of their content, so that all that it says is shown.
    evaluate(ofSecrets, never, contextOf(), exceptions())?.includes("a: is bad-secret\n") === true
  );
}

async function judges({ ResourceCache, evaluate, faultsOf }: typeof Evaluation): Promise<boolean> {
  const load = (given: Resource) => new ResourceCache().load(given);
  const mixed = await load(thing({ a: "bad", b: new Hidden("bad-secret"), c: "good" }));
  const alone = await load(thing({ b: new Hidden("bad-secret") }));
  const [open, good] = [await load(thing({ a: "bad" })), await load(thing({ a: "good" }))];
  const named = await load({
    ...thing({ ...map({ a: "bad" }, new Hidden("bad-name")) }, "object"),
    type: "kubernetes:core/v1:ConfigMap",
  });
  const listed = await load({
    ...thing({ apiVersion: "v1", kind: "List", items: new Hidden([map({ a: "bad" }, "bad-name")]) }, "all"),
    type: "kubernetes:core/v1:List",
  });
  const of = (which: Rule, loaded: Evaluation.EvaluatedResource, ...excepted: string[]) =>
    evaluate(which, loaded, contextOf(), exceptions(...excepted));
  const end = "\nWhy: why\nFix: fix";
  const secret = "a value here breaks the rule; Pulumi keeps it secret, so it is not shown";
  return (
    of(plain, good) === undefined &&
    of(plain, open) === `thing at a: is bad${end}` &&
    of(plain, open, "thing") === undefined &&
    of(plain, open, "other") === `thing at a: is bad${end}` &&
    of(plain, mixed) === `thing at a: is bad\nthing at b: ${secret}${end}` &&
    of(plain, alone) === `thing at b: ${secret}${end}` &&
    of(ofSecrets, mixed) === `thing at a: is bad\nthing at b: is hidden${end}` &&
    faultsOf(ofSecrets, mixed, contextOf()).every(({ called }) => called === "thing") &&
    of(plain, named)?.includes("bad-name") === false &&
    of(plain, listed)?.includes("bad-name") === false &&
    of(plain, listed)?.startsWith("all at name: ") === true &&
    of(plain, listed, "all/ConfigMap/bad-name") === undefined
  );
}

/** Refuses each object, by its namespace, by its name, or by something else. */
const ofStack = (aboutSecrets: boolean, by: "name" | "namespace" | "output"): StackRule => ({
  ...about,
  ...(aboutSecrets && { aboutSecrets }),
  evaluate: (subjects) =>
    subjects.flatMap(({ name, props, kubernetes }) =>
      props.a === "good"
        ? []
        : {
            resource: {
              name,
              namespace: `namespace ${kubernetes?.namespace ?? kubernetes?.name}`,
              output: "output one",
            }[by],
            message: `is ${props.a instanceof Hidden ? "hidden" : (props.a ?? object(props.data).a)}`,
          },
    ),
});

async function judgesStacks({ ResourceCache, evaluateStack }: typeof Evaluation): Promise<boolean> {
  const load = (...given: Resource[]) =>
    Promise.all(given.map((each) => new ResourceCache(chart(() => false)).load(each)));
  const said = async (which: StackRule, given: Resource[], ...excepted: string[]) =>
    evaluateStack(which, await load(...given), exceptions(...excepted)).map(
      ({ resource, message }) => `${resource}: ${message}`,
    );
  const inSpace = (name: unknown, namespace: unknown, a: unknown) => ({
    ...thing({ ...map({}, name), metadata: { name, namespace }, a }, "object"),
    type: "kubernetes:core/v1:ConfigMap",
  });
  const byName = ofStack(false, "name");
  const bySpace = ofStack(false, "namespace");
  const secret = "a value here breaks the rule; Pulumi keeps it secret, so it is not shown";
  return (
    same(await said(byName, [thing({ a: "good" })]), []) &&
    same(await said(byName, [thing({ a: "x" }), thing({ a: "y" }, "two")]), ["thing: is x", "two: is y"]) &&
    same(await said(byName, [thing({ a: "x" }), thing({ a: "y" }, "two")], "two"), ["thing: is x"]) &&
    same(await said(byName, [thing({ a: new Hidden("x") }), thing({ a: "y" }, "two")]), [
      `thing: ${secret}`,
      "two: is y",
    ]) &&
    same(await said(byName, [thing({ a: new Hidden("x") })]), [`thing: ${secret}`]) &&
    same(await said(ofStack(false, "output"), [thing({ a: "x" })]), ["output one: is x"]) &&
    same(await said(ofStack(true, "name"), [thing({ a: new Hidden("x") })]), ["thing: is hidden"]) &&
    same(await said(ofStack(true, "name"), [release({ a: new Hidden("x") })]), [
      "rel: is undefined",
      "rel/ConfigMap/map: is x",
    ]) &&
    same(await said(bySpace, [inSpace("one", "apps", new Hidden("x"))]), [`namespace apps: ${secret}`]) &&
    same(await said(bySpace, [inSpace("one", undefined, new Hidden("x"))]), [`namespace one: ${secret}`]) &&
    same(await said(bySpace, [inSpace("one", new Hidden("hush"), "x")]), [
      `an object whose name is secret: ${secret}`,
    ])
  );
}

/** Whether resources are prepared for the rules, and what these say is told without a secret. */
export const evaluating = async (made: typeof Evaluation): Promise<boolean> =>
  (await prepares(made)) && (await fails(made)) && (await judges(made)) && (await judgesStacks(made));
