import { installPackages } from "../../../tools/docker/engine/engine.ts";
import { run } from "../../../tools/exec.ts";
import { onPath } from "../../../tools/onPath.ts";

/** A program that the lab calls. */
export interface Prerequisite {
  program: string;
  /** What it is for. */
  why: string;
  /** How to get it where it is not installed for the user. */
  fix: string;
  /** Package of Debian and Ubuntu, which root gets without being asked. */
  package?: string;
  /** Minimum version, and the arguments that make the program print its own. */
  least?: { version: string; ask: string[] };
}

const apt = (name: string) => ({ fix: `apt-get install ${name}`, package: name });

/** Programs that a machine must have; all others are built, or installed when they are needed. */
export const prerequisites: Prerequisite[] = [
  {
    program: "go",
    why: "builds the lab's programs",
    fix: "install it from https://go.dev/dl and put its bin folder on the PATH",
    least: { version: "1.26.4", ask: ["env", "GOVERSION"] },
  },
  { program: "openssl", why: "signs the lab's certificates", ...apt("openssl") },
  { program: "ssh-keygen", why: "makes the lab's SSH key", ...apt("openssh-client") },
  { program: "npm", why: "installs packages", fix: "install Node.js from https://nodejs.org" },
  { program: "tar", why: "packs images", ...apt("tar") },
];

/** Whether `version` is not older than `least`; both like `1.26.4`. Pure. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split(".").map(Number));
  for (const [index, number] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}

/**
 * Missing programs, one message each with a remedy.
 *
 * @param path like `PATH`
 * @param versions also check versions, which starts the programs
 */
export async function missingPrograms(
  path = process.env.PATH ?? "",
  versions = true,
  wanted: readonly Prerequisite[] = prerequisites,
): Promise<string[]> {
  const lacks = await Promise.all(
    wanted.map(async ({ program, why, fix, least }) => {
      if (!onPath(program, path)) return [`${program} is missing (it ${why}): ${fix}`];
      if (!least || !versions) return [];
      const { stdout } = await run(program, least.ask, { allowFailure: true, env: { PATH: path } });
      const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0];
      // A program whose version cannot be read will report its problem when it is used.
      if (version === undefined || isAtLeast(version, least.version)) return [];
      return [`${program} ${version} is too old, ${least.version} or newer is needed: ${fix}`];
    }),
  );
  return lacks.flat();
}

/**
 * Installs the missing programs that are packages of Debian and Ubuntu.
 *
 * @param install undefined where this user may not, or packages come another way
 * @throws naming everything that is still missing or too old
 */
export async function ensurePrograms(
  path: string,
  wanted: readonly Prerequisite[],
  install?: (packages: string[]) => Promise<void>,
): Promise<void> {
  const packages = wanted.flatMap((one) => (onPath(one.program, path) ? [] : (one.package ?? [])));
  if (packages.length > 0) await install?.(packages);
  const lacks = await missingPrograms(path, true, wanted);
  if (lacks.length > 0)
    throw new Error(`this machine lacks programs that the lab needs:\n  ${lacks.join("\n  ")}`);
}

/** `ensurePrograms` for all that the lab calls. */
export function checkPrograms(): Promise<void> {
  const mayInstall = process.getuid?.() === 0 && onPath("apt-get");
  const install = mayInstall ? (packages: string[]) => installPackages(packages, () => {}) : undefined;
  return ensurePrograms(process.env.PATH ?? "", prerequisites, install);
}
