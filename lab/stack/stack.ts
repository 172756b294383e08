import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { digest } from "../../components/core/digest.ts";
import type { Secrets } from "../../components/settings/schema.ts";
import { type RunOptions, type RunResult, run } from "../../tools/exec.ts";
import { readJson } from "../../tools/readJson.ts";
import { replaceFile } from "../../tools/replaceFile.ts";
import { repository } from "../../tools/repository.ts";
import { files, type Lab } from "../lab.ts";
import { mendState, removeDeadLocks } from "../pulumi/locks.ts";
import { sealValues } from "../pulumi/passphrase.ts";
import { pulumiEnvironment, type Toolchain } from "../pulumi/toolchain.ts";
import { serverVariable } from "../state/servers.ts";

const project = "sophia-infra";

/** A Pulumi stack with its state and configuration in the lab's folder, separate from the checkout's stack files. */
export class Stack {
  readonly name: string;
  readonly #toolchain: Toolchain;
  readonly #folder: string;
  readonly #configFile: string;
  readonly #passphraseFile: string;
  readonly #temporary: string;
  readonly #environment: Record<string, string | undefined>;

  /** @param more environment for the CLI and its plugins */
  constructor(toolchain: Toolchain, lab: Lab, more: Record<string, string> = {}, name = "local") {
    this.name = name;
    this.#toolchain = toolchain;
    this.#folder = files(lab).backend;
    this.#configFile = join(this.#folder, `Pulumi.${name}.yaml`);
    this.#passphraseFile = files(lab).passphrase;
    this.#temporary = join(lab.folder, "tmp");
    this.#environment = {
      ...pulumiEnvironment(toolchain, {
        state: join(this.#folder, "state"),
        passphraseFile: this.#passphraseFile,
      }),
      // An object that an interrupted update created and did not record must not fail the next one. Only for the lab: with
      // valuable data, a renamed resource must fail instead of updating an object and then deleting it.
      PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
      LAB_TAKEOVER: "true",
      // Temporary files of the CLI, the program and the plugins are removed with the lab.
      TMPDIR: this.#temporary,
      [serverVariable]: this.#folder,
      ...more,
    };
  }

  /** Runs the CLI in the checkout, on this stack. */
  async pulumi(args: string[], options: RunOptions = {}): Promise<RunResult> {
    await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
    const config = takesConfig.has(args[0] ?? "") ? ["--config-file", this.#configFile] : [];
    return run(this.#toolchain.binary, [...args, "--stack", this.name, ...config, "--non-interactive"], {
      cwd: repository,
      shielded: true,
      ...options,
      env: { ...this.#environment, ...options.env },
    });
  }

  /**
   * Creates the stack if it does not exist, and writes its configuration with encrypted secrets. Nothing is written when
   * nothing changed.
   */
  async configure(config: Record<string, unknown>, secrets: Secrets): Promise<void> {
    await mkdir(join(this.#folder, "state"), { recursive: true, mode: 0o700 });
    const killed = await removeDeadLocks(join(this.#folder, "state"));
    await mendState(join(this.#folder, "state"));
    await mustBeWhole(this.#folder, this.name);
    if (killed.length > 0) await forgetPending(this.#folder, this.name);
    await this.#init();
    const mark = join(this.#folder, "config.digest");
    const wanted = digest(JSON.stringify([config, secrets]));
    if ((await readFile(mark, "utf8").catch(() => "")) === wanted) return;
    await rm(mark, { force: true });
    const { encryptionsalt, values } = await sealValues(
      (await readFile(this.#passphraseFile, "utf8")).trim(),
      secrets as Record<string, string>,
      await this.#salt(),
    );
    const sealed = Object.entries(values).map(([key, secure]) => [`${project}:${key}`, { secure }]);
    const content = { encryptionsalt, config: { ...config, ...Object.fromEntries(sealed) } };
    // Atomically: an incomplete file would lose the salt, without which the state's secrets cannot be decrypted.
    replaceFile(this.#configFile, stringify(content));
    await writeFile(mark, wanted);
  }

  /** Stack outputs with secrets in plain text: never print them as a whole. */
  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Whether this stack was ever updated. */
  exists(): Promise<boolean> {
    return stackExists(this.#folder, this.name);
  }

  /** The salt of the existing configuration: with a new one, every secret in the state would be encrypted again. */
  async #salt(): Promise<string | undefined> {
    const text = await readFile(this.#configFile, "utf8").catch(() => "");
    return (parse(text) as { encryptionsalt?: string } | null)?.encryptionsalt;
  }

  /** `stack init` writes a stack file next to the project file, so it gets a separate project file. */
  async #init(): Promise<void> {
    if (await this.exists()) return;
    const aside = join(this.#folder, "init");
    await mkdir(aside, { recursive: true });
    await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
    await writeFile(join(aside, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
    await run(this.#toolchain.binary, ["stack", "init", this.name, "--non-interactive"], {
      cwd: aside,
      env: this.#environment,
    });
  }
}

const stateFile = (folder: string, name: string) =>
  join(folder, "state", ".pulumi", "stacks", project, `${name}.json`);

/** Whether the folder of a state has a stack. */
export async function stackExists(folder: string, name = "local"): Promise<boolean> {
  return (await readFile(stateFile(folder, name)).catch(() => undefined)) !== undefined;
}

/**
 * Removes the pending operations of a killed CLI, which would warn about them for ever. The next update adopts the
 * objects that exist.
 */
async function forgetPending(folder: string, name: string): Promise<void> {
  if (!(await stackExists(folder, name))) return;
  const file = stateFile(folder, name);
  const state = JSON.parse(await readFile(file, "utf8")) as { checkpoint?: { latest?: Pending } };
  const latest = state.checkpoint?.latest;
  if (!latest?.pending_operations?.length) return;
  latest.pending_operations = latest.pending_operations.filter(({ type }) => type !== "creating");
  replaceFile(file, JSON.stringify(state));
}
/** @throws when a full disk left the state incomplete: Pulumi reports only the position of the JSON error */
async function mustBeWhole(folder: string, name: string): Promise<void> {
  if (!(await stackExists(folder, name))) return;
  const file = stateFile(folder, name);
  const whole = await readJson(file, z.looseObject({}));
  if (whole) return;
  throw new Error(
    `${file}, the state of this lab, is incomplete, probably because the disk was full: what runs cannot be determined. ` +
      "Remove the lab with `make down` and start it with `make up`",
  );
}
interface Pending {
  pending_operations?: { type: string }[];
}

const takesConfig = new Set(["up", "preview", "destroy", "refresh", "config", "import", "watch"]);
