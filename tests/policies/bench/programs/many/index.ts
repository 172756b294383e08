/** 300 resources like those of the platform: workloads, config maps, a release. Only previewed. */
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import { deployment } from "../../../../unit/policies/fixtures.ts";

const kubeconfig = new random.RandomPassword("later", { length: 20 }).result;
const opts = { provider: new k8s.Provider("cluster", { kubeconfig }) };
// Stack, password and provider are resources, too.
const count = 300 - 3 - 2;

for (let index = 0; index < count; index += 1) {
  const metadata = { name: `thing-${index}`, namespace: "apps" };
  if (index % 2 === 0) {
    const { spec } = deployment({
      container: { image: `ghcr.io/sophia-ai/one@sha256:${"0123456789abcdef".repeat(4)}` },
    });
    new k8s.apps.v1.Deployment(`workload-${index}`, { metadata, spec: spec as never }, opts);
  } else {
    const text = Array.from({ length: 40 }, (_, line) => `setting.${line} = value of line ${line};`).join(
      "\n",
    );
    new k8s.core.v1.ConfigMap(`settings-${index}`, { metadata, data: { "app.conf": text } }, opts);
  }
}
for (const name of ["redis", "nginx"]) {
  new k8s.helm.v3.Release(
    name,
    {
      chart: join(import.meta.dirname, "../../../../plugins/programs/violating/chart"),
      name,
      namespace: "apps",
    },
    opts,
  );
}
