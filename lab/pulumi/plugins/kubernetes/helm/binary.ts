import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "../provider/session.ts";

/** helm failed. The message is helm's, without the prefix that repeats the command. */
export class HelmFailed extends Error {
  constructor(stderr: string) {
    const from = stderr.indexOf("Error: ");
    const message = (from < 0 ? stderr : stderr.slice(from + "Error: ".length)).trim();
    super(message.replace(/^(INSTALLATION|UPGRADE) FAILED: /, "") || "helm failed without a message");
    this.name = "HelmFailed";
  }
}

const setpriv = "/usr/bin/setpriv";
/** Ends helm with the plugin: otherwise it could roll back later what the next run has created. */
const dieWithParent =
  process.platform === "linux" && existsSync(setpriv) ? [setpriv, "--pdeathsig", "KILL", "--"] : [];

/** Path of the helm binary. Default: the one on PATH. */
const binary = (): string => process.env.HELM_BINARY || "helm";

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
      // helm ended before it read its values; its exit code is handled below.
    });
    child.stdin.end(options.stdin);
    // helm cleans up when it is interrupted, so its end is awaited.
    const stop = () => child.kill("SIGTERM");
    options.signal.addEventListener("abort", stop, { once: true });
    child.on("error", (cause) => {
      const advice = "set HELM_BINARY to the path of the helm binary, or add it to PATH";
      reject(new Error(`cannot run ${binary()}: ${cause.message}; ${advice}`, { cause }));
    });
    child.on("close", (code) => {
      options.signal.removeEventListener("abort", stop);
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new HelmFailed(Buffer.concat(stderr).toString()));
    });
  });
}

/** The environment without the variables that make helm use another cluster or account than the kubeconfig's. */
const withoutOverrides = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("HELM_KUBE")));

/**
 * Runs helm against the session's cluster. The kubeconfig is a temporary file that is readable by this user only; the
 * values are passed on standard input.
 */
export async function helm(session: Session, args: string[], values?: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "helm-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, session.kubeconfig, { mode: 0o600 });
    const context = session.settings.context ? ["--kube-context", session.settings.context] : [];
    return await start([...args, ...context, ...(values ? ["--values", "-"] : [])], {
      stdin: values ? JSON.stringify(values) : "",
      env: { ...withoutOverrides(process.env), KUBECONFIG: kubeconfig, HELM_DRIVER: "secret" },
      signal: session.signal,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
