import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { parseDocument } from "yaml";
import { SettingsError } from "../../../components/settings/faults.ts";
import { parseConfig } from "../../../components/settings/parse.ts";
import { secretsSchema } from "../../../components/settings/schema.ts";
import { repository } from "../../../tools/repository.ts";
import { type LabFacts, labStackConfig } from "../../stack/stackConfig.ts";

const url = "http://lab.invalid";
const image = `lab.invalid/image:1@sha256:${"0".repeat(64)}`;

/** Well-formed placeholders for values that are known only when the lab runs. */
const someFacts: LabFacts = {
  lambdaApiUrl: url,
  speed: 1,
  sshPublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA lab",
  k3sRelease: { url: `${url}/k3s`, sha256: "0".repeat(64) },
  mirrors: {},
  mcpImage: image,
  exporterImage: image,
  monitoringImage: image,
  pipelineImage: image,
  saasUrl: url,
  snowflakeUrl: url,
  operatorManifest: "/cnpg.yaml",
  devicePluginChart: "/nvidia-device-plugin",
};

const prefix = "sophia-infra:";
const written = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * Checks a stack file before anything is built or started; the program itself would report errors minutes later. Pure.
 *
 * @param name of the file, for the message
 * @throws with every error, or with the position where it is not YAML
 */
export function checkSettings(text: string, name: string): void {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken) throw new Error(`${name} is not YAML: ${broken.message.trim()}`);
  const content: unknown = document.toJS();
  const config = (content as { config?: unknown } | null)?.config ?? {};
  if (typeof config !== "object" || Array.isArray(config))
    throw new Error(`${name}: config is not a map; expected settings like ${prefix}redis: { memory: 1Gi }`);
  const own = Object.entries(labStackConfig(text, someFacts)).filter(([key]) => key.startsWith(prefix));
  const result = parseConfig({
    values: Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), written(value)])),
    secretKeys: new Set(),
  });
  if (result.ok) return;
  // Secrets are not in the file: the lab generates them.
  const secret = (path: string) => path in secretsSchema.shape && !own.some(([key]) => key === prefix + path);
  const faults = result.faults.filter(({ path }) => !secret(path));
  if (faults.length > 0) throw new Error(`${name}: ${new SettingsError("local", faults).message}`);
}

/** `checkSettings` for a file. */
export async function checkSettingsFile(file: string): Promise<void> {
  const name = file.startsWith(`${repository}/`) ? relative(repository, file) : file;
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error(`${name} does not exist; restore it: git checkout ${name}`);
    throw error;
  });
  checkSettings(text, name);
}
