import { createReadStream, existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { outputsSchema, parseOutputs } from "../../components/outputs.ts";
import { run } from "../../tools/exec.ts";
import { files, type Lab } from "../lab.ts";
import { openStack } from "../stack/open.ts";

const notRunning = "this lab is not running; start it with `make up`";

/** Number of lines shown of a journal or pod log. */
const lines = 200;

/** `make logs OF=…`: prints the log of a part. */
export async function logs(lab: Lab, of = "up"): Promise<void> {
  const kept: Record<string, string> = {
    up: files(lab).upLog,
    cloud: join(lab.folder, "cloud", "log"),
    releases: join(lab.folder, "releases", "log"),
  };
  const file = kept[of];
  if (file) return show(file);
  if (of.includes("/")) return podLogs(lab, of);
  return hostLogs(lab, of);
}

async function show(file: string): Promise<void> {
  await access(file).catch(() => {
    throw new Error(`${file} does not exist; run \`make up\` first`);
  });
  for await (const chunk of createReadStream(file)) process.stdout.write(chunk);
}

/** The journal of a host, by SSH. */
async function hostLogs(lab: Lab, name: string): Promise<void> {
  const opened = await openStack(lab);
  if (!opened) throw new Error(notRunning);
  const { name: stack } = opened.stack;
  const { hosts } = parseOutputs(stack, outputsSchema.pick({ hosts: true }), await opened.stack.outputs());
  const host = hosts.find((one) => one.name === name);
  if (!host) {
    const known = ["up", "cloud", "releases", ...hosts.map((one) => one.name), "<namespace>/<workload>"];
    throw new Error(`unknown log ${name}; available: ${known.join(", ")}`);
  }
  const command = `sudo journalctl --no-pager -n ${lines}`;
  await run("ssh", [...sshOptions(lab), `ubuntu@${host.address}`, command], {
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
}

/** Options of `ssh` to a host of the lab, whose key must be the one that the stack knows. Pure. */
export function sshOptions(lab: Lab): string[] {
  const options = [
    "StrictHostKeyChecking=yes",
    // A list of files with the syntax of ssh_config: one with a space is two without quotes.
    `UserKnownHostsFile="${files(lab).knownHosts}"`,
    "LogLevel=ERROR",
    "BatchMode=yes",
  ];
  return [...options.flatMap((option) => ["-o", option]), "-i", files(lab).sshKey];
}

/**
 * Logs of every container of every pod whose name begins with the workload's. In place of one that has none, such as of a
 * container that has not started, is the reason.
 */
async function podLogs(lab: Lab, of: string): Promise<void> {
  const [namespace = "", workload = ""] = of.split("/");
  if (!existsSync(files(lab).kubeconfig)) throw new Error(notRunning);
  const config = new KubeConfig();
  config.loadFromFile(files(lab).kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const { items } = await core.listNamespacedPod({ namespace });
  const pods = items.filter((pod) => pod.metadata?.name?.startsWith(workload));
  if (pods.length === 0) throw new Error(`no pod in ${namespace} begins with ${workload}`);
  for (const { metadata, spec } of pods) {
    const name = metadata?.name ?? "";
    const containers = spec?.containers ?? [];
    for (const { name: container } of containers) {
      process.stdout.write(`── ${namespace}/${name}${containers.length > 1 ? `, ${container}` : ""}\n`);
      const said = await core
        .readNamespacedPodLog({ namespace, name, container, tailLines: lines })
        .catch((error: unknown) => `no log: ${refusalOf(error)}`);
      process.stdout.write(`${said}\n`);
    }
  }
}

/** Why Kubernetes has no log. @throws what is no answer of it */
function refusalOf(error: unknown): string {
  if (!(error instanceof ApiException)) throw error;
  const status = z.object({ message: z.string() });
  try {
    return status.parse(JSON.parse(String(error.body))).message;
  } catch {
    return `it answers ${error.code}`;
  }
}
