import { access } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { versions } from "../../../components/core/versions.ts";
import { checkout } from "../../../lab/pulumi/versions.ts";
import { run } from "../../../tools/exec.ts";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

/** The operator's own release manifest, which its Go module brings along. */
async function operatorManifest(): Promise<string> {
  const module = "github.com/cloudnative-pg/cloudnative-pg";
  const { stdout } = await run("go", ["list", "-m", "-f", "{{.Dir}}", module], {
    cwd: join(checkout, "lab/k3s"),
  });
  const path = join(stdout.trim(), `releases/cnpg-${versions.cloudNativePg}.yaml`);
  await access(path);
  return path;
}

test("D1 the operator's release manifest is applied completely, and a second up changes nothing", async () => {
  const stack = await runProgram({
    program: join(import.meta.dirname, "programs/manifest"),
    config: { file: await operatorManifest() },
    secrets: { kubeconfig: plane.kubeconfig },
  });
  const first = await stack.up();
  expect(first.stderr).toBe("");
  const created = brief(first.steps).filter((step) => step.startsWith("create"));
  expect(created.length).toBeGreaterThan(20);
  plane.cluster.discovery.reset();
  expect(
    await plane.cluster.discovery.has({ group: "postgresql.cnpg.io", version: "v1", kind: "Cluster" }),
  ).toBe(true);
  expect(brief((await stack.up()).steps)).toEqual([]);
  expect(brief((await stack.refresh()).steps)).toEqual([]);
  expect((await stack.destroy()).stderr).toBe("");
});
