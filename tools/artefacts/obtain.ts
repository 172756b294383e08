import { mkdir, mkdtemp, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../components/core/digest.ts";
import { asError } from "../../components/core/errors.ts";
import type { Artefact, ArtefactEvent } from "./artefact.ts";
import { makingPrefix } from "./prune.ts";

export interface ObtainOptions {
  cache: string;
  /** Builds at a time. Default 2: Go's own parallelism does the rest. */
  concurrency?: number;
  onEvent?: (event: ArtefactEvent) => void;
  signal?: AbortSignal | undefined;
}

/** Keys of the wanted artefacts and all they need, needs first. */
async function plan(wanted: Artefact[]): Promise<Map<Artefact, string>> {
  const keys = new Map<Artefact, string>();
  const visit = async (artefact: Artefact): Promise<string> => {
    const known = keys.get(artefact);
    if (known) return known;
    const needs: string[] = [];
    for (const need of artefact.needs ?? []) needs.push(await visit(need));
    const key = digest([artefact.name, await artefact.key(), ...needs].join("\n"));
    keys.set(artefact, key);
    return key;
  };
  for (const artefact of wanted) await visit(artefact);
  return keys;
}

const inode = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ ino }) => ino,
    () => undefined,
  );

/**
 * Gives a finished build its name, in place of the folder that was there `before`. Where another lab has finished the
 * same meanwhile, that one stays: it may be in use.
 */
async function finish(out: string, folder: string, before: number | undefined): Promise<void> {
  if (before !== undefined && (await inode(folder)) === before)
    await rm(folder, { recursive: true, force: true });
  try {
    await rename(out, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    await rm(out, { recursive: true, force: true });
  }
}

/** Builds under way. */
export interface Obtaining {
  /** Waits for these and all that they need. Folders by name. */
  ready(artefacts: Artefact[]): Promise<Map<string, string>>;
  /** Waits for everything that was asked for. */
  all(): Promise<Map<string, string>>;
  /** Aborts what is not finished, and waits until it is gone. */
  stop(reason: Error): Promise<void>;
}

/** Makes sure that every wanted artefact is in the cache and returns its folder by name. */
export async function obtain(wanted: Artefact[], options: ObtainOptions): Promise<Map<string, string>> {
  return (await startObtaining(wanted, options)).all();
}

/**
 * Builds what is missing in parallel; an interrupted build leaves nothing that looks finished.
 * The first failure stops new builds; builds under way are aborted through their signal.
 */
export async function startObtaining(wanted: Artefact[], options: ObtainOptions): Promise<Obtaining> {
  await mkdir(options.cache, { recursive: true });
  const keys = await plan(wanted);
  const folderOf = (artefact: Artefact) => {
    const key = keys.get(artefact);
    if (!key) throw new Error(`artefact ${artefact.name} is not among those asked for`);
    return join(options.cache, artefact.name, key);
  };
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([abort.signal, options.signal]) : abort.signal;
  const slots = new Slots(options.concurrency ?? 2);
  const running = new Map<Artefact, Promise<void>>();

  const build = async (artefact: Artefact) => {
    const folder = folderOf(artefact);
    const before = await inode(folder);
    if (before !== undefined && (!artefact.present || (await artefact.present(folder)))) {
      const now = new Date();
      await utimes(folder, now, now);
      options.onEvent?.({ kind: "cached", artefact, folder });
      return;
    }
    await Promise.all((artefact.needs ?? []).map((need) => running.get(need)));
    await slots.run(artefact, async () => {
      signal.throwIfAborted();
      const start = performance.now();
      const seconds = () => (performance.now() - start) / 1000;
      options.onEvent?.({ kind: "started", artefact });
      await mkdir(join(options.cache, artefact.name), { recursive: true });
      const out = await mkdtemp(join(options.cache, artefact.name, makingPrefix));
      try {
        const log = (line: string) => options.onEvent?.({ kind: "output", artefact, line });
        await artefact.build({ out, log, signal, folderOf });
        await finish(out, folder, before);
      } catch (cause) {
        await rm(out, { recursive: true, force: true });
        const error = asError(cause);
        options.onEvent?.({ kind: "failed", artefact, seconds: seconds(), error });
        abort.abort(error);
        throw error;
      }
      options.onEvent?.({ kind: "built", artefact, folder, seconds: seconds() });
    });
  };
  for (const artefact of keys.keys()) running.set(artefact, build(artefact));
  const everything = Promise.allSettled(running.values());
  const folders = async (artefacts: Artefact[]) => {
    await Promise.all(artefacts.map((artefact) => running.get(artefact)));
    return new Map(artefacts.map((artefact) => [artefact.name, folderOf(artefact)]));
  };
  return {
    ready: folders,
    async all() {
      const results = await everything;
      signal.throwIfAborted();
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
      return folders([...keys.keys()]);
    },
    async stop(reason) {
      abort.abort(reason);
      await everything;
    },
  };
}

/** Folder of an artefact that is there already; builds nothing. */
export async function lookUp(artefact: Artefact, cache: string): Promise<string | undefined> {
  const folder = join(cache, artefact.name, (await plan([artefact])).get(artefact) ?? "");
  return (await inode(folder)) === undefined ? undefined : folder;
}

type Claim = Pick<Artefact, "weight" | "alone">;

/** Lets `size` tasks run at a time, the heaviest waiting one first, and no two that are alone by the same word. */
class Slots {
  #free: number;
  readonly #busy = new Set<string>();
  #waiting: { claim: Claim; go: () => void }[] = [];
  constructor(size: number) {
    this.#free = size;
  }

  async run(claim: Claim, task: () => Promise<void>): Promise<void> {
    await new Promise<void>((go) => {
      this.#waiting.push({ claim, go });
      this.#next();
    });
    try {
      await task();
    } finally {
      this.#free += 1;
      if (claim.alone) this.#busy.delete(claim.alone);
      this.#next();
    }
  }

  #next(): void {
    this.#waiting.sort((a, b) => (b.claim.weight ?? 1) - (a.claim.weight ?? 1));
    while (this.#free > 0) {
      const index = this.#waiting.findIndex(({ claim }) => !claim.alone || !this.#busy.has(claim.alone));
      const [chosen] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!chosen) return;
      this.#free -= 1;
      if (chosen.claim.alone) this.#busy.add(chosen.claim.alone);
      chosen.go();
    }
  }
}
