import { type ChildProcess, execFileSync, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { testLabels } from "../leftovers.ts";

/** A program that was started. */
export interface Started {
  process: ChildProcess;
  /** Sends the program itself a signal, also where it runs in a container. */
  signal(name: NodeJS.Signals): void;
  /** Kills what does not come up, and goes on failing. */
  abandon(why: unknown): never;
  /** What another command says beside it: where it runs, with the same user and folders. */
  ask(command: string, args: string[], environment?: Record<string, string>): string;
}

interface StartOptions {
  /** The one folder of this machine that it needs. */
  folder: string;
  stdio: StdioOptions;
  /** Whom it runs as. Default: who runs the test. */
  user?: { uid?: number; gid?: number } | undefined;
}

/** A program of this machine, or the same one of an image that the lab built. */
export interface Program {
  start(command: string, args: string[], options: StartOptions): Started;
  /** Runs a command to its end. */
  run(command: string, args: string[], options: Omit<StartOptions, "stdio">): string;
}

/** The image of that name that the lab built last; undefined where it built none, or no engine answers. */
function labImage(name: string): string | undefined {
  const { status, stdout } = spawnSync("docker", ["images", "--quiet", `sophia-lab/${name}`], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.split("\n")[0] || undefined : undefined;
}

const works = (command: string, args: string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

const abandoning =
  (signal: Started["signal"]) =>
  (why: unknown): never => {
    signal("SIGKILL");
    throw why;
  };

const onMachine: Program = {
  start(command, args, { stdio, user }) {
    const process = spawn(command, args, { stdio, ...user });
    const signal = (name: NodeJS.Signals) => void process.kill(name);
    return {
      process,
      signal,
      abandon: abandoning(signal),
      ask: (other, more, environment) =>
        execFileSync(other, more, {
          env: { ...globalThis.process.env, ...environment },
          encoding: "utf8",
          ...user,
        }),
    };
  },
  run: (command, args, { user }) => execFileSync(command, args, { encoding: "utf8", stdio: "pipe", ...user }),
};

/** It shares the machine's network and folders, so that a test need not know where it runs. */
function inImage(image: string): Program {
  const container = (command: string, { folder, user }: Omit<StartOptions, "stdio">) => {
    const { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = user ?? {};
    // Who runs it must have a name there, too; as root it already has.
    const names = user ? ["--volume", "/etc/passwd:/etc/passwd:ro"] : [];
    const mounts = ["--volume", `${folder}:${folder}`, ...names];
    const place = ["--network=host", `--user=${uid}:${gid}`, "--tmpfs=/run/sshd:mode=755"];
    const labels = testLabels(folder);
    return ["run", "--rm", "--interactive", ...labels, ...place, ...mounts, "--entrypoint", command];
  };
  return {
    start(command, args, options) {
      const name = `sophia-test-${randomBytes(6).toString("hex")}`;
      const all = [...container(command, options), "--name", name, image, ...args];
      const signal = (wanted: NodeJS.Signals) =>
        void spawnSync("docker", ["kill", "--signal", wanted, name], { stdio: "ignore" });
      return {
        process: spawn("docker", all, { stdio: options.stdio }),
        signal,
        abandon: abandoning(signal),
        ask: (other, more, environment = {}) => {
          // By name only: a value would stand in the process list.
          const passed = Object.keys(environment).flatMap((key) => ["--env", key]);
          return execFileSync("docker", ["exec", ...passed, name, other, ...more], {
            env: { ...process.env, ...environment },
            encoding: "utf8",
          });
        },
      };
    },
    run: (command, args, options) =>
      execFileSync("docker", [...container(command, options), image, ...args], {
        encoding: "utf8",
        stdio: "pipe",
      }),
  };
}

/**
 * Where to run a program: on this machine if it has it, else in the lab's image.
 *
 * @param command tells by its success that the machine has the program
 * @throws when neither is there: what tests that can be left out prove, nobody proves
 */
export function programOf(image: string, command: string, args: string[]): Program {
  if (works(command, args)) return onMachine;
  const found = labImage(image);
  if (found) return inImage(found);
  throw new Error(
    `neither ${command} nor the lab's image ${image} is here: \`node lab/cli.ts build\` makes it, and \`make test\` does so first`,
  );
}
