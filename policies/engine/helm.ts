import { spawn } from "node:child_process";
import { join } from "node:path";
import { kubernetesVersion } from "../../components/core/versions.ts";
import type { Subject } from "./rule.ts";
import { manifestSubjects } from "./subjects.ts";
import { type Json, object, revealed, sealed, unknown } from "./values.ts";
import { manifestsIn } from "./yaml.ts";

const project = join(import.meta.dirname, "../..");
/** Placeholder in rendered objects, and for their namespace, for a value that is unknown until the update. */
const later = "known-later";
/** Placeholder in objects that are rendered without a release's secrets. */
const withheld = "withheld-secret";
/** Seconds for helm to render a chart, a download included. */
const deadline = 60;

/** Whether a resource is a Helm release. */
export const isRelease = (subject: Subject): boolean => subject.type === "kubernetes:helm.sh/v3:Release";

/**
 * Whether a release's values are unknown as a whole until the update, which then evaluates its objects before it
 * creates them.
 */
export const isLater = ({ props }: Subject): boolean => props.chart === unknown || props.values === unknown;

/** Namespace of those objects of a release that name none. */
const namespaceOf = ({ namespace }: Json): string =>
  namespace === unknown ? later : typeof namespace === "string" && namespace !== "" ? namespace : "default";

/**
 * Inputs of a release that are not supported here, with what to do instead: they change its objects, as `values` do, or
 * make one that no rule sees.
 */
const unread: Record<string, string> = {
  valueYamlFiles: "use values instead",
  postrender: "use values instead",
  reuseValues: "name all values: those of the release before are not seen",
  createNamespace: "declare the namespace as a resource, so that it keeps the rules about namespaces",
};

/**
 * What `helm template` is called with for a release; a placeholder stands for what is `Hidden` in its values. Pure.
 * @throws when the release has inputs that are not supported: the rendered objects would not be the release's.
 */
export function renderCall(props: Json): { args: string[]; values: unknown } {
  const given = Object.entries(unread).find(([key]) => props[key]);
  if (given) throw new Error(`its ${given[0]} is not supported by the policies: ${given[1]}`);
  const text = (key: string) => (typeof props[key] === "string" ? String(props[key]) : undefined);
  const repository = object(props.repositoryOpts).repo;
  const version = text("version");
  return {
    args: [
      "template",
      text("name") ?? "release",
      text("chart") ?? "",
      "--namespace",
      namespaceOf(props),
      "--include-crds",
      "--kube-version",
      kubernetesVersion,
      ...(typeof repository === "string" ? ["--repo", repository] : []),
      ...(version === undefined ? [] : ["--version", version]),
      "--values",
      "-",
    ],
    values: revealed(sealed(props.values ?? {}), later, withheld),
  };
}

/**
 * The objects inside a release, by helm itself (`HELM_BINARY`, or `helm` on PATH), from the values that Pulumi would give
 * it. Pulumi itself shows a release as one resource.
 *
 * @throws when helm is missing or fails, with its error output.
 */
export async function renderRelease(subject: Subject): Promise<Subject[]> {
  const { args, values } = renderCall(subject.props);
  const text = await run(args, JSON.stringify(values));
  return manifestSubjects(subject.name, manifestsIn(text), namespaceOf(subject.props));
}

function run(args: string[], stdin: string): Promise<string> {
  const binary = process.env.HELM_BINARY || "helm";
  // Charts of ours are named from the project's folder.
  const child = spawn(binary, args, { cwd: project });
  const end = () => child.kill("SIGKILL");
  // Not by spawn's own `timeout`: where helm is missing, it keeps this process for as long.
  const late = setTimeout(end, deadline * 1000).unref();
  return new Promise<string>((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.stdin.on("error", () => {
      // helm ended before it read its values; its exit code and error output say why.
    });
    child.stdin.end(stdin);
    child.on("error", (cause) => reject(new Error(`cannot run ${binary}: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(signal ? `helm did not end within ${deadline} s` : stderr.trim().slice(0, 500)));
    });
  }).finally(() => {
    clearTimeout(late);
    end();
  });
}
