/**
 * One resource for each place in which somebody once put a key, with every key of TEST_KEYS in it. It is only previewed,
 * against a cluster that is not known yet.
 */
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import { deployment } from "../../../unit/policies/fixtures.ts";
import { Thing } from "../violating/thing.ts";

const keys = JSON.parse(process.env.TEST_KEYS ?? "[]") as string[];
const numbered = Object.fromEntries(keys.map((key, index) => [`n${index}`, key]));
const text = keys.join("\n");

const later = new random.RandomPassword("later", { length: 20 });
const opts = { provider: new k8s.Provider("cluster", { kubeconfig: later.result }) };
const metadata = (name: string, more: object = {}) => ({ name, namespace: "apps", ...more });
const workload = (name: string, container: Record<string, unknown>) => {
  const { spec } = deployment({ container });
  new k8s.apps.v1.Deployment(name, { metadata: metadata(name), spec: spec as never }, opts);
};

workload("environment", { env: Object.entries(numbered).map(([name, value]) => ({ name, value })) });
workload("arguments", { args: ["serve", ...keys.map((key) => `--with=${key}`)] });
new k8s.core.v1.Service(
  "annotations",
  { metadata: metadata("annotations", { annotations: numbered }), spec: { ports: [{ port: 80 }] } },
  opts,
);
new k8s.core.v1.ConfigMap("config-map", { metadata: metadata("config-map"), data: { file: text } }, opts);
new command.local.Command("command", { create: `cat <<'END'\n${text}\nEND\n` });
new Thing("lambda:Instance", "user-data", {
  userData: Buffer.from(`#cloud-config\n# ${text}\n`).toString("base64"),
});
new k8s.helm.v3.Release(
  "values",
  {
    chart: join(import.meta.dirname, "../violating/chart"),
    name: "values",
    namespace: "apps",
    values: { unread: numbered },
  },
  opts,
);
