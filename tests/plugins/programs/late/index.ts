/** A release whose values are one output of a resource that does not exist yet: no preview can know them. */
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";

const secret = new random.RandomPassword("secret", { length: 20 });
const provider = new k8s.Provider("cluster", { kubeconfig: secret.result });
new k8s.helm.v3.Release(
  "late-release",
  {
    chart: join(import.meta.dirname, "../violating/chart"),
    name: "late-release",
    namespace: "apps",
    values: secret.result.apply((text) => ({ hostPID: text.length > 0 })),
  },
  { provider },
);
