import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test } from "vitest";
import { readResource, readStack } from "../../../policies/analyzer/wire.ts";
import { evaluate, ResourceCache } from "../../../policies/engine/evaluate.ts";
import { Exceptions } from "../../../policies/engine/exceptions.ts";
import { renderCall } from "../../../policies/engine/helm.ts";
import { manifestSubjects, resourceSubjects } from "../../../policies/engine/subjects.ts";
import { Hidden, revealed, unknown } from "../../../policies/engine/values.ts";
import { rules } from "../../../policies/rules/index.ts";
import { noHostAccess } from "../../../policies/rules/pods/noHostAccess.ts";
import { noHardCodedKeys } from "../../../policies/rules/secrets/noHardCodedKeys.ts";
import { contextOf, deployment, exception } from "./fixtures.ts";
import { genericValue } from "./keys/values.ts";

const today = "2026-11-21";
const none = () => new Exceptions([], "dev", today);
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** As Pulumi's engine writes secrets. */
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

/** A resource as the engine's own messages carry it. */
function sent(given: object) {
  const message = new messages.AnalyzerResource();
  message.setType("test:x:Y");
  message.setUrn("urn:1");
  message.setName("y");
  message.setParent("urn:0");
  message.setDependenciesList(["urn:2", "urn:3"]);
  message.setProperties(structs.Struct.fromJavaScript(given as Record<string, structs.JavaScriptValue>));
  return message;
}

test("a resource is read from the engine's message as it was written, secrets and unknowns marked", () => {
  const plain = {
    text: "ä\u0000b",
    number: -1.5,
    yes: true,
    no: false,
    none: null,
    list: [1, ["z"], {}],
    __proto: { "": "" },
  };
  const told = readResource(
    sent({ ...plain, a: secret("x"), b: [secret({ c: secret("y") })], d: unknownText }).serializeBinary(),
  );
  expect(told).toMatchObject({ type: "test:x:Y", urn: "urn:1", name: "y" });
  const { a, b, d, ...rest } = told.props;
  expect(rest).toEqual(plain);
  expect(a).toEqual(new Hidden("x"));
  expect((b as unknown[])[0]).toBeInstanceOf(Hidden);
  expect(d).toBe(unknown);
  expect(JSON.stringify(told.props)).not.toMatch(/"[xy]"/);
  expect(revealed(told.props)).toMatchObject({ a: "x", b: [{ c: "y" }] });
});

test("no property's name makes an object something else", () => {
  const bytes = sent(JSON.parse('{ "__proto__": { "polluted": true } }')).serializeBinary();
  const { props } = readResource(bytes);
  expect("polluted" in props).toBe(false);
});

test("a stack is read resource by resource", () => {
  const request = new messages.AnalyzeStackRequest();
  request.setResourcesList([sent({ a: 1 }), sent({ a: 2 })]);
  expect(readStack(request.serializeBinary()).map(({ props }) => props)).toEqual([{ a: 1 }, { a: 2 }]);
});

test("a rule evaluates a secret as a secret, and the same text in the clear as a leak", async () => {
  const value = genericValue();
  const told = (password: unknown) => ({ urn: "urn:1", type: "test:x:Y", name: "y", props: { password } });
  const cache = new ResourceCache();
  const hidden = await cache.load(told(new Hidden(value)));
  expect(evaluate(noHardCodedKeys, hidden, contextOf(), none())).toBeUndefined();
  const open = await cache.load(told(value));
  const said = evaluate(noHardCodedKeys, open, contextOf(), none());
  expect(said).toContain("y at password");
  expect(said).not.toContain(value);
  expect(await cache.get(told(new Hidden(value)))).toBe(open);
});

test("the objects inside a release are evaluated by the same rules, under their own names", async () => {
  const props = { chart: "./charts/one", namespace: "apps", values: {} };
  const release = { urn: "urn:r", type: "kubernetes:helm.sh/v3:Release", name: "one-release", props };
  const body = deployment({ pod: { hostPID: true }, container: { image: "docker.io/library/redis" } });
  const cache = new ResourceCache(async ({ name }) => manifestSubjects(name, [body], "apps"));
  const found = await cache.load(release);
  const violated = rules.filter((rule) => evaluate(rule, found, contextOf(), none()) !== undefined);
  expect(violated.map(({ name }) => name)).toEqual(["no-latest-tag", "no-host-access"]);
  const covering = new Exceptions([exception("no-host-access", "one-release/Deployment/one")], "dev", today);
  expect(violated.flatMap((rule) => evaluate(rule, found, contextOf(), covering) ?? [])).toHaveLength(1);
});

const privileged = deployment({ container: { securityContext: { privileged: true } } });
const { apiVersion: _, kind: __, ...untyped } = privileged;

test.each([
  ["a List", { apiVersion: "v1", kind: "List", items: [privileged] }],
  ["a List in a List", { kind: "List", items: [{ kind: "List", items: [privileged] }] }],
  ["a DeploymentList", { apiVersion: "apps/v1", kind: "DeploymentList", items: [untyped] }],
])("S3 the objects in %s are evaluated, in a release and as a resource", (_what, body) => {
  const named = (subjects: { name: string; kubernetes?: { namespace?: string } | undefined }[]) =>
    subjects.map(({ name, kubernetes }) => `${kubernetes?.namespace}: ${name}`);
  const inRelease = manifestSubjects("one-release", [body], "others");
  expect(named(inRelease)).toContain("apps: one-release/Deployment/one");
  const asResource = resourceSubjects({ type: "kubernetes:core/v1:List", name: "all", props: body });
  expect(named(asResource)).toContain("apps: all/Deployment/one");
  for (const subjects of [inRelease, asResource])
    expect(subjects.flatMap((subject) => noHostAccess.evaluate(subject, contextOf()))).toHaveLength(1);
});

test("what only looks like a list stays one object", () => {
  const bodies = [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" }, items: [privileged] },
    { apiVersion: "v1", kind: "List", items: unknown },
  ];
  for (const body of bodies) expect(manifestSubjects("r", [body])).toHaveLength(1);
  const other = { type: "test:index:Thing", name: "x", props: { kind: "List", items: [privileged] } };
  expect(resourceSubjects(other)).toHaveLength(1);
});

test("a release that cannot be rendered says so, and one whose values come later waits", async () => {
  const shown = (values: unknown) => ({
    urn: "urn:1",
    type: "kubernetes:helm.sh/v3:Release",
    name: "one",
    props: { chart: "./x", values },
  });
  const broken = new ResourceCache(async () => {
    throw new Error("chart ./x is no chart");
  });
  expect((await broken.load(shown({}))).unreadable).toContain("no chart");
  const later = await broken.load(shown(unknown));
  expect(later.later).toBe(true);
  expect(later.unreadable).toBeUndefined();
});

test("helm is called with the release's own chart, version, repository and values", () => {
  const { args, values } = renderCall({
    chart: "plugin",
    name: "p",
    namespace: unknown,
    version: "1.2.3",
    repositoryOpts: { repo: "https://charts.test" },
    values: { a: new Hidden({ c: "x", d: true }), b: unknown },
  });
  expect(args.join(" ")).toContain("template p plugin --namespace known-later");
  expect(args.join(" ")).toContain("--repo https://charts.test --version 1.2.3");
  expect(values).toEqual({ a: { c: "withheld-secret", d: true }, b: "known-later" });
});

test("a release with inputs that are not supported is refused, and not evaluated without them", async () => {
  const release = (more: object) => ({
    urn: "urn:r",
    type: "kubernetes:helm.sh/v3:Release",
    name: "one-release",
    props: { chart: "./charts/one", values: {}, ...more },
  });
  const unsupported = [{ valueYamlFiles: [{ path: "values.yaml" }] }, { postrender: "./change" }];
  for (const more of [...unsupported, { reuseValues: true }, { createNamespace: true }]) {
    const { unreadable, subjects } = await new ResourceCache().load(release(more));
    expect(unreadable).toContain(`its ${Object.keys(more)} is not supported`);
    expect(subjects).toHaveLength(1);
  }
  expect(() => renderCall({ chart: "x", valueYamlFiles: null, postrender: "" })).not.toThrow();
});
