import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { oneSliceBinding, oneSlicePolicy } from "../../../components/services/gpu.ts";
import type { PlainObject } from "../../../lab/pulumi/plugins/kit/values.ts";
import { isInvalid } from "../../../lab/pulumi/plugins/kubernetes/cluster/http.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { objects } from "./support/objects.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const gpu = "nvidia.com/gpu";
const container = (name: string, slices?: string) => ({
  name,
  image: "nothing.test/one:1",
  ...(slices && { resources: { requests: { [gpu]: slices }, limits: { [gpu]: slices } } }),
});

/** Asks for a pod without making it. @returns why it is refused, or undefined */
async function refusal(spec: PlainObject): Promise<string | undefined> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" }, spec };
  try {
    await plane.cluster.create(pod, { dryRun: true });
    return undefined;
  } catch (error) {
    if (isInvalid(error)) return error.message;
    throw error;
  }
}

test("K5 Kubernetes refuses a container that asks for two GPU slices, by name and with what to write instead", async () => {
  const program = await objects(plane);
  const metadata = { name: oneSliceBinding.policyName };
  const kind = "admissionregistration.v1.ValidatingAdmissionPolicy";
  const first = await program.up({
    policy: { kind, args: { metadata, spec: oneSlicePolicy } },
    binding: { kind: `${kind}Binding`, args: { metadata, spec: oneSliceBinding }, dependsOn: ["policy"] },
  });
  expect(first.stderr).toBe("");

  const greedy = { containers: [container("plain"), container("one", "1"), container("two", "2")] };
  // The API server reads new policies once in a while.
  const said = await waitFor(
    { what: "the policy to be in force", deadline: 240, interval: 0.5 },
    async () => (await refusal(greedy)) ?? notYet("the pod is accepted"),
  );
  expect(said).toMatch(/two: more than one nvidia\.com\/gpu\..*: ask for 1$/);

  expect(await refusal({ containers: [container("plain"), container("one", "1")] })).toBeUndefined();
  const initContainers = [container("first", "4")];
  expect(await refusal({ initContainers, containers: [container("plain")] })).toMatch(/first: more than one/);
  expect(await refusal({ containers: [container("half", "500m")] })).toMatch(/must be an integer/);
  expect((await program.stack.destroy()).code).toBe(0);
});
