import { expect, test } from "vitest";
import { evaluate, evaluateStack, ResourceCache } from "../../../policies/engine/evaluate.ts";
import { Exceptions } from "../../../policies/engine/exceptions.ts";
import { renderCall } from "../../../policies/engine/helm.ts";
import { manifestSubjects } from "../../../policies/engine/subjects.ts";
import { Hidden } from "../../../policies/engine/values.ts";
import { rules } from "../../../policies/rules/index.ts";
import { noHostAccess } from "../../../policies/rules/pods/noHostAccess.ts";
import { stackRules } from "../../../policies/rules/stack/index.ts";
import { contextOf, deployment } from "./fixtures.ts";
import { genericValue } from "./keys/values.ts";

const none = () => new Exceptions([], "dev", "2026-11-21");

test("S3 a message shows nothing of a secret, and all the rest", async () => {
  const value = genericValue();
  const load = (name: string, change: { pod?: object; container?: object }, hide: boolean) => {
    const { spec, ...rest } = deployment(change as Parameters<typeof deployment>[0]);
    const props = { ...rest, spec: hide ? new Hidden(spec) : spec };
    return new ResourceCache().load({ urn: name, type: "kubernetes:apps/v1:Deployment", name, props });
  };
  const verdicts = async (change: { pod?: object; container?: object }, hide: boolean) => {
    const loaded = await load("one", change, hide);
    return rules.flatMap((rule) => evaluate(rule, loaded, contextOf(), none()) ?? []).join("\n");
  };
  const broken = {
    container: { image: `somewhere.test/${value}:latest`, securityContext: { privileged: true } },
    pod: {
      hostNetwork: true,
      volumes: [{ hostPath: { path: `/${value}` } }],
      nodeSelector: { "kubernetes.io/hostname": value },
    },
  };
  const open = await verdicts(broken, false);
  expect(open).toContain(`mounts the host's /${value}`);
  const closed = await verdicts(broken, true);
  expect(closed).not.toContain(value);
  expect(closed).toContain("one at spec.template.spec: hostNetwork is on");
  expect(closed).toContain(
    "one at spec.template.spec.volumes[0]: a value here breaks the rule; Pulumi keeps it secret",
  );
  expect(closed).toContain("one at spec.template.spec.containers[0].image: a value here breaks the rule");
  // One secret text in an object that is open otherwise.
  const part = await verdicts({ container: { image: new Hidden(`somewhere.test/${value}:latest`) } }, false);
  expect(part).not.toContain(value);
  expect(part).toContain("one at spec.template.spec.containers[0].image: a value here breaks the rule");
});

test("S3 objects in a list that is a secret are evaluated, and named by the list", async () => {
  const value = genericValue();
  const items = new Hidden([
    { ...deployment({ pod: { hostPID: true } }), metadata: { name: value, namespace: "apps" } },
  ]);
  const loaded = await new ResourceCache().load({
    urn: "urn:1",
    type: "kubernetes:core/v1:List",
    name: "all",
    props: { apiVersion: "v1", kind: "List", items },
  });
  const said = evaluate(noHostAccess, loaded, contextOf(), none()) ?? "";
  expect(said).toContain("all at spec.template.spec: ");
  expect(said).not.toContain(value);
});

test("S3 a rule about a stack sees what is secret, and shows nothing of it", async () => {
  const value = genericValue();
  const space = (name: unknown) => ({
    urn: "urn:1",
    type: "kubernetes:core/v1:Namespace",
    name: "space",
    props: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  });
  const loaded = [await new ResourceCache().load(space(new Hidden(value)))];
  const [rule] = stackRules.filter(({ name }) => name === "namespace-default-deny");
  const faults = rule ? evaluateStack(rule, loaded, none()) : [];
  expect(faults).toHaveLength(1);
  expect(JSON.stringify(faults)).not.toContain(value);
  const policy = (spec: unknown) => ({
    urn: "urn:2",
    type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    name: "deny",
    props: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace: "apps" },
      spec,
    },
  });
  const spec = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
  const walled = await Promise.all(
    [space("apps"), policy(new Hidden(spec))].map((each) => new ResourceCache().load(each)),
  );
  expect(rule && evaluateStack(rule, walled, none())).toEqual([]);
});

test("S1 helm's error is shown with placeholders for a release's secrets, or not at all", async () => {
  const value = genericValue();
  const release = {
    urn: "urn:r",
    type: "kubernetes:helm.sh/v3:Release",
    name: "one-release",
    props: { chart: "./x", values: { password: new Hidden(value), open: "a" } },
  };
  const quoting = (when: (values: unknown) => boolean) =>
    new ResourceCache(async ({ props }) => {
      const { values } = renderCall(props);
      if (when(values)) throw new Error(`error near ${JSON.stringify(values)}`);
      return manifestSubjects("one-release", [
        deployment({ container: { image: `x/${JSON.stringify(values)}` } }),
      ]);
    });
  const always = await quoting(() => true).load(release);
  expect(always.unreadable).toBe('error near {"password":"withheld-secret","open":"a"}');
  const onlySecret = await quoting((values) => JSON.stringify(values).includes(value)).load(release);
  expect(onlySecret.unreadable).toContain("renders it with placeholders");
  expect(onlySecret.unreadable).not.toContain(value);
  // What a rule says of the objects: the same.
  const fine = await quoting(() => false).load(release);
  const said = rules.flatMap((rule) => evaluate(rule, fine, contextOf(), none()) ?? []).join("\n");
  expect(said).toContain(
    "one-release/Deployment/one at spec.template.spec.containers[0].image: a value here",
  );
  expect(said).not.toContain(value);
});
