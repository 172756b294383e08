import { isDeepStrictEqual as same } from "node:util";
import type * as Files from "../../../../policies/engine/files.ts";
import type * as Kubernetes from "../../../../policies/engine/kubernetes.ts";
import type * as Rules from "../../../../policies/engine/rule.ts";
import type * as Values from "../../../../policies/engine/values.ts";
import type * as Yaml from "../../../../policies/engine/yaml.ts";
import { rules } from "../../../../policies/rules/index.ts";
import { stackRules } from "../../../../policies/rules/stack/index.ts";
import { exception } from "../fixtures.ts";
import { evaluating } from "./evaluation.ts";
import { rendering } from "./rendering.ts";

/** What hides values, and what says that one is unknown, are the module's own: no other module's values fit to it. */
function valuing({ Hidden, unknown, ...made }: typeof Values): boolean {
  const hidden = new Hidden("x");
  const nested = { a: new Hidden({ b: new Hidden("x"), c: unknown }), d: [unknown, 1, null] };
  const whole = made.sealed({
    a: new Hidden({ text: "x", list: [1], yes: true, none: null, deep: { text: "y" } }),
    open: "z",
  }) as { a: { text: unknown; list: unknown[]; yes: unknown; none: unknown; deep: { text: unknown } } };
  const content = (value: unknown) => (value instanceof Hidden ? value.reveal() : "open");
  return (
    hidden.reveal() === "x" &&
    JSON.stringify(hidden) === "{}" &&
    [hidden, unknown].every(made.isOpaque) &&
    ![{}, "x", undefined].some(made.isOpaque) &&
    same(made.object({ a: 1 }), { a: 1 }) &&
    made.object(hidden) !== (hidden as unknown) &&
    [["a"], null, "x", unknown, undefined].every((each) => same(made.object(each), {})) &&
    same(made.list([{ a: 1 }, "x"]), [{ a: 1 }, {}]) &&
    same(made.list({ 0: { a: 1 } }), []) &&
    same(made.visible({ a: hidden, b: [unknown, 1], c: null }), {
      a: undefined,
      b: [undefined, 1],
      c: null,
    }) &&
    same(made.revealed(nested), { a: { b: "x", c: undefined }, d: [undefined, 1, null] }) &&
    same(made.revealed(nested, "u"), { a: { b: "x", c: "u" }, d: ["u", 1, null] }) &&
    same(made.revealed(nested, "u", "s"), { a: "s", d: ["u", 1, null] }) &&
    content(whole.a.text) === "x" &&
    content(whole.a.list[0]) === 1 &&
    content(whole.a.deep.text) === "y" &&
    whole.a.yes === true &&
    whole.a.none === null &&
    same((whole as { open?: unknown }).open, "z") &&
    made.sealed(1) === 1 &&
    [hidden, { a: [hidden], b: "x" }].every(made.hasSecrets) &&
    ![null, "x", {}, { a: [1] }, unknown, undefined].some(made.hasSecrets)
  );
}

function recognizing({ asKubernetes }: typeof Kubernetes): boolean {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "one", namespace: "apps", labels: { a: "b" } },
  };
  const { namespace: _, ...metadata } = body.metadata;
  const bare = asKubernetes({ ...body, metadata: { ...metadata, name: 1, labels: "x" } });
  return (
    same(asKubernetes(body), { ...body.metadata, apiVersion: "v1", kind: "Pod", body }) &&
    bare !== undefined &&
    !("namespace" in bare) &&
    bare.name === "" &&
    same(bare.labels, {}) &&
    asKubernetes({ ...body, kind: 1 }) === undefined &&
    asKubernetes({ ...body, apiVersion: undefined }) === undefined
  );
}

/** YAML as Kubernetes reads it. */
function notation({ manifestsIn }: typeof Yaml): boolean {
  const yes = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"];
  const no = ["n", "N", "no", "No", "NO", "off", "Off", "OFF"];
  const read = (word: string) => manifestsIn(`a: ${word}`)[0]?.a;
  const broken = (text: string) => {
    try {
      return manifestsIn(text).length > 99;
    } catch (error) {
      return String(error).includes("no YAML");
    }
  };
  return (
    yes.every((word) => read(word) === true) &&
    no.every((word) => read(word) === false) &&
    read("!!bool yes") === true &&
    ["yesterday", "'yes'", "oN"].every((word) => typeof read(word) === "string") &&
    same(manifestsIn("a: &x { b: 1 }\nc: { <<: *x, d: 2, d: 3 }\n---\n- x"), [
      { a: { b: 1 }, c: { b: 1, d: 3 } },
      {},
    ]) &&
    broken("a: {\n")
  );
}

function telling({ isListed, verdict }: typeof Rules): boolean {
  const [rule] = rules;
  if (!rule) return false;
  const said = verdict(rule, [
    { subject: "one", fault: { path: "a.b", message: "is wrong" } },
    { subject: "two", fault: { path: "", message: "is, too" } },
  ]);
  return (
    said === `one at a.b: is wrong\ntwo: is, too\nWhy: ${rule.why}\nFix: ${rule.fix}` &&
    isListed("dev", ["prod", "dev"]) &&
    isListed("prod-2", ["prod-*"]) &&
    isListed("anything", ["*"]) &&
    !isListed("prod", ["prod-*"]) &&
    !isListed("prod-2", ["prod"]) &&
    !isListed("dev", [])
  );
}

function reading({
  parseScanExceptions,
  readExceptions,
  readScanExceptions,
  readSettings,
}: typeof Files): boolean {
  const names = [...rules, ...stackRules].map(({ name }) => name);
  const { production, registries, adminPortsFromAnywhere, plainPodNetwork } = readSettings();
  const tells = (what: string, read: () => unknown) => {
    try {
      read();
      return false;
    } catch (error) {
      return String(error).includes(what);
    }
  };
  return (
    production.includes("prod") &&
    registries.every((each) => each.includes("/")) &&
    Array.isArray(adminPortsFromAnywhere) &&
    Array.isArray(plainPodNetwork) &&
    readExceptions(names, "2026-11-21").some(({ resource }) => resource.includes("release")) &&
    tells("policies/exceptions.yaml", () => readExceptions([], "2026-11-21")) &&
    Array.isArray(readScanExceptions(["no-hard-coded-keys"], "2026-11-21")) &&
    parseScanExceptions([exception("probes", "a/b#c")], ["probes"], "2026-11-21").length === 1 &&
    ["a/*", "a#b/*", "#b", "a#"].every((resource) =>
      tells("<file>#<name>", () =>
        parseScanExceptions([exception("probes", resource)], ["probes"], "2026-11-21"),
      ),
    ) &&
    tells("policies/scan.yaml", () => parseScanExceptions([exception("none", "a#b")], [], "2026-11-21"))
  );
}

/**
 * Whether what a file of the engine exports does what it must. Only the broken file is asked, not the rules on top of it:
 * their cases are made of the whole one's values.
 */
export const engineChecks: Record<string, (made: never) => boolean | Promise<boolean>> = {
  "engine/values.ts": valuing,
  "engine/kubernetes.ts": recognizing,
  "engine/rule.ts": telling,
  "engine/files.ts": reading,
  "engine/yaml.ts": notation,
  "engine/helm.ts": rendering,
  "engine/evaluate.ts": evaluating,
};
