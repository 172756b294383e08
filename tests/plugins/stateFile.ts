import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StackKey } from "../../lab/pulumi/passphrase.ts";

interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface Deployment {
  resources: StateResource[];
  pending_operations?: unknown[];
  [field: string]: unknown;
}

/** Where a stack is in the file backend. */
export interface StackLocation {
  /** Folder of the file backend. */
  state: string;
  project: string;
  name: string;
}

const pathOf = ({ state, project, name }: StackLocation) =>
  join(state, ".pulumi/stacks", project, `${name}.json`);

/** Creates a stack without resources, as `pulumi stack init` does, without the start of a CLI for each test. */
export async function createStack(location: StackLocation): Promise<void> {
  const path = pathOf(location);
  const stack = `organization/${location.project}/${location.name}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(join(location.state, ".pulumi/meta.yaml"), "version: 1\n");
  await writeFile(path, JSON.stringify({ version: 3, checkpoint: { stack, latest: null } }));
}

/** The stack's state as it is stored: what `pulumi stack export` prints. */
export async function readDeployment(location: StackLocation): Promise<Deployment> {
  const file = JSON.parse(await readFile(pathOf(location), "utf8")) as {
    checkpoint: { latest?: Deployment | null };
  };
  const { latest } = file.checkpoint;
  return { ...latest, resources: latest?.resources ?? [] };
}

const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/** The value with every encrypted secret replaced by `reveal` of its plaintext, which is JSON. */
export function openSecrets(
  value: unknown,
  key: Pick<StackKey, "open">,
  reveal: (plaintext: string) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map((element) => openSecrets(element, key, reveal));
  if (typeof value !== "object" || value === null) return value;
  if (signature in value && value[signature] === secret && "ciphertext" in value)
    return reveal(key.open(String(value.ciphertext)));
  return Object.fromEntries(
    Object.entries(value).map(([name, element]) => [name, openSecrets(element, key, reveal)]),
  );
}

/** As in `pulumi stack export --show-secrets`. */
export const asPlaintext = (plaintext: string) => ({ [signature]: secret, plaintext });
