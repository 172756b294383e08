import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { parseDocument } from "yaml";
import { type Fault, SettingsError, suggestion } from "../../../components/settings/faults.ts";
import { parseConfig } from "../../../components/settings/parse.ts";
import { secretsSchema } from "../../../components/settings/schema.ts";
import { catalogFaults } from "../../../mcp/catalog/faults.ts";
import { repository } from "../../../tools/repository.ts";
import { type LabFacts, labStackConfig, previewStackConfig } from "../../stack/stackConfig.ts";

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

/** What Pulumi reads in a stack file. */
const parts = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"];

/** Keys of `config` by which the program would not find a setting: Pulumi takes them, or fails with them much later. */
function strayKeys(config: object): Fault[] {
  const project = prefix.slice(0, -1);
  return Object.keys(config).flatMap((path) => {
    const [namespace = "", key] = path.split(":");
    if (key === undefined) return [{ path, message: `has no project; write it ${prefix}${path}` }];
    const isNear = namespace !== project && suggestion(namespace, [project]) !== "";
    return isNear ? [{ path, message: `is not of this project; did you mean ${prefix}${key}?` }] : [];
  });
}

/** The `config` of a stack file. @throws with what is wrong, and where, when it has none that Pulumi can read */
function configIn(text: string, file: string): object {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken) throw new Error(`${file} is not YAML: ${broken.message.trim()}`);
  const expected = `expected settings like ${prefix}redis: { memory: 1Gi }`;
  const mapOf = (value: unknown, what: string): object => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new Error(`${what} is not a map; ${expected}`);
  };
  let content: object;
  try {
    content = mapOf(document.toJS() ?? {}, file);
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new Error(`${file} is not YAML: ${error.message}`);
  }
  const unknown = Object.keys(content).filter((part) => !parts.includes(part));
  const words = unknown.map((part) => `  ${part}: unknown part${suggestion(part, parts)}`);
  if (words.length > 0) throw new Error(`${file}: expected ${parts.join(", ")}:\n${words.join("\n")}`);
  return mapOf((content as { config?: unknown }).config ?? {}, `${file}: config`);
}

/**
 * Checks a stack file before anything is built or started; the program itself would report errors minutes later. Pure.
 *
 * @param file its name, for the message
 * @throws with every error, or with the position where it is not YAML
 */
export function checkSettings(text: string, file: string, stack = "local"): void {
  const stray = strayKeys(configIn(text, file));
  const complete = stack === "local" ? labStackConfig : previewStackConfig;
  const own = Object.entries(complete(text, someFacts)).filter(([key]) => key.startsWith(prefix));
  const values = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), written(value)]));
  const result = parseConfig({ values, secretKeys: new Set() }, { catalogFaults });
  // Secrets are not in the file: the lab makes them, as it makes placeholders for the other stacks.
  const isSecret = (path: string) =>
    path in secretsSchema.shape && !own.some(([key]) => key === prefix + path);
  const faults = [...stray, ...(result.ok ? [] : result.faults.filter(({ path }) => !isSecret(path)))];
  if (faults.length > 0) throw new Error(`${file}: ${new SettingsError(stack, faults).message}`);
}

/** `checkSettings` for a file. */
export async function checkSettingsFile(path: string, stack = "local"): Promise<void> {
  const file = path.startsWith(`${repository}/`) ? relative(repository, path) : path;
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error(`${file} does not exist; restore it: git checkout ${file}`);
    throw error;
  });
  checkSettings(text, file, stack);
}
