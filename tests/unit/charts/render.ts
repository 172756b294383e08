import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { versions } from "../../../components/core/versions.ts";
import { labOf, repository } from "../../../lab/lab.ts";

const works = (program: string, args: string[]) => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** The helm that the lab built last, or the machine's own. */
function findHelm(): string | undefined {
  const folder = join(labOf().cache, "helm");
  try {
    const built = readdirSync(folder)
      .filter((key) => !key.startsWith("."))
      .map((key) => join(folder, key, "helm"))
      .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    if (built[0]) return built[0];
  } catch {
    // No lab was built here yet.
  }
  return works("helm", ["version"]) ? "helm" : undefined;
}

export const helm = findHelm();
export const nginx = works("nginx", ["-v"]) ? "nginx" : undefined;
export const redis = works("redis-server", ["--version"]) ? "redis-server" : undefined;

if (!helm) console.warn("no helm here: tests that render charts are skipped (`make up` builds one)");
if (!nginx)
  console.warn("no nginx here: tests that run the configuration are skipped (apt-get install nginx-light)");

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
  if (!helm) throw new Error("no helm here");
  const release = chart.split("/").at(-1) ?? chart;
  const text = execFileSync(
    helm,
    [
      "template",
      release,
      chart.startsWith("/") ? chart : join(repository, "charts", chart),
      "--namespace",
      namespace,
      "--kube-version",
      versions.k3s.split("+")[0] ?? "",
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
