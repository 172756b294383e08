import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import type { Secrets } from "../../components/settings/schema.ts";
import { digest } from "../artefacts/hash.ts";
import { type RunOptions, type RunResult, run } from "../exec.ts";
import { files, type Lab, repository } from "../lab.ts";
import { mendState, removeDeadLocks } from "../pulumi/locks.ts";
import { sealValues } from "../pulumi/passphrase.ts";
import { pulumiEnvironment, type Toolchain } from "../pulumi/toolchain.ts";
import { replaceFile } from "../replaceFile.ts";
import { readJson } from "../state/readJson.ts";
import { serverVariable } from "../state/servers.ts";

const project = "sophia-infra";

/** A Pulumi stack with its state and configuration in the lab's folder, beside the checkout's own stack files. */
export class Stack {
  readonly name: string;
  readonly #toolchain: Toolchain;
  readonly #folder: string;
  readonly #configFile: string;
  readonly #passphraseFile: string;
  readonly #temporary: string;
  readonly #environment: Record<string, string>;

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
      // An object that an interrupted update made and did not record must not stand in the way of the next one. For the lab
      // alone: where data matters, a renamed resource must fail, not update an object and then delete it.
      PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
      LAB_TAKEOVER: "true",
      // What the CLI, the program and the plugins leave behind goes with the lab.
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
   * Makes the stack where it is missing, and brings its configuration file to what is given, secrets sealed. Nothing is
   * written when nothing changed.
   */
  async configure(config: Record<string, unknown>, secrets: Secrets): Promise<void> {
    await mkdir(join(this.#folder, "state"), { recursive: true, mode: 0o700 });
    const killed = await removeDeadLocks(join(this.#folder, "state"));
    if (killed.length > 0) await forgetPending(this.#folder, this.name);
    await mendState(join(this.#folder, "state"));
    await mustBeWhole(this.#folder, this.name);
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
    // Whole or not at all: with half of it the salt would be lost, which opens what the state keeps secret.
    replaceFile(this.#configFile, stringify(content));
    await writeFile(mark, wanted);
  }

  /** Stack outputs, secrets in the clear: for our own use, never to be printed whole. */
  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Whether anybody ever brought this stack up. */
  exists(): Promise<boolean> {
    return stackExists(this.#folder, this.name);
  }

  /** Of the configuration that is there: a new one would have every secret in the state sealed anew. */
  async #salt(): Promise<string | undefined> {
    const text = await readFile(this.#configFile, "utf8").catch(() => "");
    return (parse(text) as { encryptionsalt?: string } | null)?.encryptionsalt;
  }

  /** `stack init` writes a stack file beside the project file: it gets a project file of its own, away from ours. */
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

/** Whether a stack of that name was ever brought up, by what lies in the folder of its state. */
export async function stackExists(folder: string, name = "local"): Promise<boolean> {
  return (await readFile(stateFile(folder, name)).catch(() => undefined)) !== undefined;
}

/**
 * Forgets what a CLI that was killed was about to create, else it warns of it for ever. Whatever became of that is found
 * by the next update: the lab takes over what is there.
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
/** @throws where a disk that became full cut the state short: Pulumi says only where the text ends */
async function mustBeWhole(folder: string, name: string): Promise<void> {
  if (!(await stackExists(folder, name))) return;
  const file = stateFile(folder, name);
  const whole = await readJson(file, z.looseObject({}));
  if (whole) return;
  throw new Error(
    `${file}, the state of this lab, was cut short, as by a full disk: what runs cannot be told any more. ` +
      "Remove the lab with `make down` and bring it up again",
  );
}
interface Pending {
  pending_operations?: { type: string }[];
}

const takesConfig = new Set(["up", "preview", "destroy", "refresh", "config", "import", "watch"]);
