import { run } from "../../../tools/exec.ts";
import { onPath } from "../../../tools/onPath.ts";

/** A program that the lab calls and does not install. */
export interface Prerequisite {
  program: string;
  /** What it is for. */
  why: string;
  /** How to get it, on Debian and Ubuntu or elsewhere. */
  fix: string;
  /** Minimum version, and the arguments that make the program print its own. */
  least?: { version: string; ask: string[] };
}

const apt = (name: string) => `apt-get install ${name}`;

/** Programs that a machine must have; all others are built, or installed from the distribution. */
export const prerequisites: Prerequisite[] = [
  {
    program: "go",
    why: "builds the lab's programs",
    fix: "install it from https://go.dev/dl and put its bin folder on the PATH",
    least: { version: "1.26.4", ask: ["env", "GOVERSION"] },
  },
  { program: "openssl", why: "signs the lab's certificates", fix: apt("openssl") },
  { program: "ssh-keygen", why: "makes the lab's SSH key", fix: apt("openssh-client") },
  { program: "npm", why: "installs packages", fix: "install Node.js from https://nodejs.org" },
  { program: "tar", why: "packs images", fix: apt("tar") },
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
  wanted = prerequisites,
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

/** @throws naming everything that is missing or too old */
export async function checkPrograms(versions: boolean): Promise<void> {
  const lacks = await missingPrograms(process.env.PATH, versions);
  if (lacks.length > 0)
    throw new Error(`this machine lacks programs that the lab needs:\n  ${lacks.join("\n  ")}`);
}
