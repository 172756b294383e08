import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual as same } from "node:util";
import { kubernetesVersion } from "../../../../components/core/versions.ts";
import type * as Helm from "../../../../policies/engine/helm.ts";
import { Hidden, type Json, unknown } from "../../../../policies/engine/values.ts";
import { resource } from "../fixtures.ts";

const release = (props: Json) => resource(props, "kubernetes:helm.sh/v3:Release");

/** Stands for helm: says what it was given, in two documents, or fails. */
const helm = `#!/bin/sh
case "$2" in
  broken) cat > /dev/null; printf 'no chart %0600d' 0 >&2; exit 3;;
  deaf) exit 0;;
  killed) kill -KILL $$;;
esac
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: one}\\ndata: %s\\n---\\n' "$(cat)"
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: two, namespace: other}\\nargs: "%s"\\n' "$*"
printf 'here: %s\\n' "$(test -f policies/engine/helm.ts && echo there)"
`;

const said = (act: () => unknown): string => {
  try {
    act();
    return "";
  } catch (error) {
    return String(error);
  }
};

function calls({ isLater, isRelease, renderCall }: typeof Helm): boolean {
  const full = renderCall({
    chart: "plugin",
    name: "p",
    namespace: "apps",
    version: "1.2.3",
    repositoryOpts: { repo: "https://charts.test" },
    values: { a: new Hidden({ c: "x", d: true }), b: unknown },
  });
  const least = renderCall({ chart: "./x" });
  const version = ["--include-crds", "--kube-version", kubernetesVersion];
  return (
    isRelease(release({})) &&
    !isRelease(resource({})) &&
    isLater(release({ chart: unknown })) &&
    isLater(release({ values: unknown })) &&
    !isLater(release({ chart: "x", values: { a: unknown } })) &&
    same(full, {
      args: [
        ...["template", "p", "plugin", "--namespace", "apps", ...version],
        ...["--repo", "https://charts.test", "--version", "1.2.3", "--values", "-"],
      ],
      values: { a: { c: "withheld-secret", d: true }, b: "known-later" },
    }) &&
    same(least, {
      args: ["template", "release", "./x", "--namespace", "default", ...version, "--values", "-"],
      values: {},
    }) &&
    renderCall({ chart: "x", namespace: unknown }).args.includes("known-later") &&
    renderCall({ chart: "x", namespace: "" }).args.includes("default") &&
    Object.entries({
      valueYamlFiles: "use values",
      postrender: "use values",
      reuseValues: "name all values",
      createNamespace: "declare the namespace",
    }).every(([key, instead]) =>
      said(() => renderCall({ chart: "x", [key]: "y" })).includes(
        `its ${key} is not supported by the policies: ${instead}`,
      ),
    ) &&
    said(() => renderCall({ chart: "x", valueYamlFiles: null, postrender: "", reuseValues: false })) === ""
  );
}

async function renders({ renderRelease }: typeof Helm): Promise<boolean> {
  const failure = (props: Json) => renderRelease(release(props)).then(() => "", String);
  const subjects = await renderRelease(
    release({ chart: "x", name: "r", namespace: "apps", values: { a: 1 } }),
  );
  const [one, two] = subjects.map(({ kubernetes }) => kubernetes);
  // More than a pipe takes at once, to one that reads none of it.
  const unheard = await failure({ chart: "x", name: "deaf", values: { a: "x".repeat(1_000_000) } });
  const broken = await failure({ chart: "x", name: "broken" });
  return (
    subjects.length === 2 &&
    subjects[0]?.name === "thing/ConfigMap/one" &&
    one?.namespace === "apps" &&
    two?.namespace === "other" &&
    same(one.body.data, { a: 1 }) &&
    String(two.body.args).startsWith("template r x --namespace apps") &&
    two.body.here === "there" &&
    unheard === "" &&
    (await failure({ chart: "x", name: "killed" })).includes("did not end within") &&
    broken.startsWith("Error: no chart 0") &&
    broken.length === "Error: ".length + 500
  );
}

/** Whether releases are rendered by helm as they must be. A script is in helm's place. */
export async function rendering(made: typeof Helm): Promise<boolean> {
  const { HELM_BINARY, PATH } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "sophia-helm-"));
  try {
    writeFileSync(join(folder, "helm"), helm, { mode: 0o755 });
    process.env.HELM_BINARY = join(folder, "helm");
    if (!calls(made) || !(await renders(made))) return false;
    process.env.HELM_BINARY = join(folder, "none");
    const none = await made.renderRelease(release({ chart: "x" })).then(() => "", String);
    if (!none.includes(`cannot run ${join(folder, "none")}`)) return false;
    process.env.HELM_BINARY = "";
    process.env.PATH = `${folder}:${PATH}`;
    return (await made.renderRelease(release({ chart: "x" }))).length === 2;
  } finally {
    process.env.PATH = PATH;
    if (HELM_BINARY === undefined) delete process.env.HELM_BINARY;
    else process.env.HELM_BINARY = HELM_BINARY;
    rmSync(folder, { recursive: true, force: true });
  }
}
