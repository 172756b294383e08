import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "../provider/session.ts";

/** helm said no; the message is its own, without the prefix that repeats the command. */
export class HelmFailed extends Error {
  constructor(stderr: string) {
    const from = stderr.indexOf("Error: ");
    const said = (from < 0 ? stderr : stderr.slice(from + "Error: ".length)).trim();
    super(said.replace(/^(INSTALLATION|UPGRADE) FAILED: /, "") || "helm failed without a message");
    this.name = "HelmFailed";
  }
}

const setpriv = "/usr/bin/setpriv";
/** A helm whose plugin was killed must not go on and undo later what the next run has made. */
const dieWithParent =
  process.platform === "linux" && existsSync(setpriv) ? [setpriv, "--pdeathsig", "KILL", "--"] : [];

/** The helm binary: the one that `LAB_HELM` names, or the one on PATH. */
const binary = (): string => process.env.LAB_HELM || "helm";

function start(args: string[], options: { stdin: string; env: NodeJS.ProcessEnv; signal: AbortSignal }) {
  const [command = "", ...rest] = [...dieWithParent, binary(), ...args];
  return new Promise<string>((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(command, rest, { env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => {
      // helm ended before it read its values; its exit code tells why.
    });
    child.stdin.end(options.stdin);
    // helm ends what it began when it is asked to stop, so its own end is waited for.
    const stop = () => child.kill("SIGTERM");
    options.signal.addEventListener("abort", stop, { once: true });
    child.on("error", (cause) => {
      const advice = "set LAB_HELM to the helm binary, or put one on PATH";
      reject(new Error(`cannot run ${binary()}: ${cause.message}; ${advice}`, { cause }));
    });
    child.on("close", (code) => {
      options.signal.removeEventListener("abort", stop);
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new HelmFailed(Buffer.concat(stderr).toString()));
    });
  });
}

/**
 * Runs helm against the session's cluster. The kubeconfig is a file that only we can read and that goes with the
 * call; values go through standard input.
 */
export async function helm(session: Session, args: string[], values?: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "helm-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, session.kubeconfig, { mode: 0o600 });
    const context = session.settings.context ? ["--kube-context", session.settings.context] : [];
    return await start([...args, ...context, ...(values ? ["--values", "-"] : [])], {
      stdin: values ? JSON.stringify(values) : "",
      env: { ...process.env, KUBECONFIG: kubeconfig, HELM_DRIVER: "secret" },
      signal: session.signal,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
