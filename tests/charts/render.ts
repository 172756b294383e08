import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { kubernetesVersion } from "../../components/core/versions.ts";
import { labOf } from "../../lab/lab.ts";
import { repository } from "../../tools/repository.ts";

/** The helm that the lab built last, or the machine's own. */
function helm(): string {
  const folder = join(labOf().cache, "helm");
  const built = existsSync(folder) ? readdirSync(folder).filter((key) => !key.startsWith(".")) : [];
  const [last] = built
    .map((key) => join(folder, key, "helm"))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return last ?? "helm";
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  // Objects of any kind: each test knows what it looks for.
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** What `helm install` would send. */
export function render(chart: string, namespace: string, values: object): KubernetesObject[] {
  const release = chart.split("/").at(-1) ?? chart;
  const text = execFileSync(
    helm(),
    [
      "template",
      release,
      chart.startsWith("/") ? chart : join(repository, "charts", chart),
      "--namespace",
      namespace,
      "--kube-version",
      kubernetesVersion,
      "--values",
      "-",
    ],
    { input: JSON.stringify(values), encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] },
  );
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value ? [value as KubernetesObject] : [];
  });
}

export function only(objects: KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind && (!name || object.metadata.name === name));
  const [object] = found;
  if (!object || found.length > 1) throw new Error(`expected one ${kind} ${name ?? ""}, got ${found.length}`);
  return object;
}
