import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { files, type Lab } from "../../lab/lab.ts";
import { pulumiCli } from "../../lab/pulumi/cli/artefact.ts";
import { chooseMode, toolchainIn } from "../../lab/pulumi/toolchain.ts";
import { Stack } from "../../lab/stack/stack.ts";
import { lookUp } from "../../tools/artefacts/obtain.ts";
import { run } from "../../tools/exec.ts";
import { formsOf, foundIn, type Secret, searched } from "./secretValues.ts";

/** How Pulumi marks a secret in an exported state. */
const signature = "4dabf18193072939515e22adb298388d";

/** A lab's stack, as `make up` left it. */
export async function stackOf(lab: Lab): Promise<Stack> {
  if ((await chooseMode()) === "official") return new Stack(await toolchainIn(lab.cache), lab);
  const cli = await lookUp(pulumiCli, lab.cache);
  if (!cli) throw new Error("the Pulumi CLI is not in the cache: run `node lab/cli.ts build`");
  return new Stack(await toolchainIn(lab.cache, cli), lab);
}

/** Every text that is a secret in an exported state with its secrets shown. */
function* marked(value: unknown, name: string, secret = false): Generator<Secret> {
  if (typeof value === "string") {
    if (secret) yield { name, value };
  } else if (Array.isArray(value)) {
    for (const each of value) yield* marked(each, name, secret);
  } else if (typeof value === "object" && value !== null) {
    const { [signature]: mark, plaintext } = value as Record<string, unknown>;
    if (mark !== undefined && typeof plaintext === "string") yield* marked(JSON.parse(plaintext), name, true);
    else for (const [key, each] of Object.entries(value)) yield* marked(each, `${name}.${key}`, secret);
  }
}

/** What Pulumi keeps as secret, and scripts and names that merely went with one. */
async function ofState(stack: Stack): Promise<Secret[]> {
  const { stdout } = await stack.pulumi(["stack", "export", "--show-secrets"]);
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } };
  return deployment.resources.flatMap(({ urn, ...rest }) => [...marked(rest, urn.split("::").at(-1) ?? "")]);
}

/** Secrets that the cluster made itself, such as PostgreSQL's certificate authority. */
async function ofCluster(lab: Lab): Promise<Secret[]> {
  const config = new KubeConfig();
  config.loadFromFile(files(lab).kubeconfig);
  const { items } = await config.makeApiClient(CoreV1Api).listSecretForAllNamespaces();
  return items
    .filter(({ type }) => type !== "helm.sh/release.v1")
    .flatMap(({ metadata, data }) =>
      Object.entries(data ?? {})
        .filter(([key]) => !/\.(?:crt|pub)$/.test(key))
        .map(([key, value]) => ({
          name: `Secret ${metadata?.namespace}/${metadata?.name} ${key}`,
          value: Buffer.from(value, "base64").toString(),
        })),
    );
}

/** Secrets of a running lab: its own keys, those in Pulumi's state, those in the cluster. All were made for it. */
export async function secretsOf(lab: Lab, stack: Stack): Promise<Secret[]> {
  const { apiKey, sshKey, tlsKey, caKey, passphrase } = files(lab);
  const own = await Promise.all(
    Object.entries({ apiKey, sshKey, tlsKey, caKey, passphrase }).map(async ([name, file]) => ({
      name,
      value: await readFile(file, "utf8"),
    })),
  );
  return searched([...own, ...(await ofState(stack)), ...(await ofCluster(lab))]);
}

/** The lab's containers: its hosts and its registry. */
export async function containersOf(lab: Lab): Promise<string[]> {
  const { stdout } = await run("docker", [
    "ps",
    "--format",
    "{{.Names}}",
    "--filter",
    `label=ai.sophia.lab=${lab.name}`,
  ]);
  return stdout.trim().split("\n").filter(Boolean);
}

/** All forms of all secrets, one a line, as `grep -F -f` takes them. */
const patterns = (secrets: Secret[]) => `${secrets.flatMap(({ value }) => formsOf(value)).join("\n")}\n`;

/** grep ends with 1 when it found nothing, and with 2 when it could not read something: that is what we hope for. */
const grep = ["grep", "--text", "--only-matching", "--no-filename", "--fixed-strings", "--file=-"];

/**
 * Who may log in by a database of users, other than root: those whose shell is one that the host lists. A user of a service
 * has none, and a user like `sync` has a program.
 * @param passwd as `getent passwd` prints it
 * @param shells `/etc/shells`
 */
export function loginUsers(passwd: string, shells: string): string[] {
  const known = shells.split("\n").filter((line) => line.startsWith("/"));
  return passwd
    .trim()
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([, , uid, , , , shell = ""]) => uid !== "0" && known.includes(shell))
    .map(([name = ""]) => name);
}

/** Who may log in to a container, other than root. */
export async function loginUsersOf(container: string): Promise<string[]> {
  const [passwd, shells] = await Promise.all(
    [
      ["getent", "passwd"],
      ["cat", "/etc/shells"],
    ].map((command) => run("docker", ["exec", container, ...command])),
  );
  return loginUsers(passwd?.stdout ?? "", shells?.stdout ?? "");
}

/**
 * Secrets in files that somebody who is not root can read in a container: each user who may log in, with that user's
 * groups, and `nobody`, who has no more than everyone. The secrets go in by standard input.
 */
export async function inFilesOutsideRoot(container: string, secrets: Secret[]): Promise<string[]> {
  const places = ["/etc", "/home", "/lambda", "/opt", "/root", "/run", "/srv", "/tmp", "/usr/local", "/var"];
  const options = ["--recursive", "--devices=skip", "--no-messages"];
  const found: string[] = [];
  for (const user of ["nobody", ...(await loginUsersOf(container))]) {
    const { stdout, stderr } = await run(
      "docker",
      ["exec", "--interactive", "--user", user, container, ...grep, ...options, ...places],
      { stdin: patterns(secrets), allowFailure: true },
    );
    if (stderr) throw new Error(`files of ${container} were not searched as ${user}: ${stderr.trim()}`);
    found.push(...foundIn(stdout, secrets));
  }
  return [...new Set(found)];
}

/** Secrets in a container's logs: of its services, of its pods. */
export async function inLogs(container: string, secrets: Secret[]): Promise<string[]> {
  const search = `patterns=$(mktemp); cat > "$patterns"; { journalctl --no-pager 2>/dev/null; cat /var/log/*.log 2>/dev/null
find /var/log/pods -type f -exec cat {} + 2>/dev/null; } | grep --text --only-matching --fixed-strings --file="$patterns"; rm "$patterns"`;
  const { stdout } = await run(
    "docker",
    ["exec", "--interactive", container, "sh", "-c", `umask 077; ${search}`],
    {
      stdin: patterns(secrets),
      allowFailure: true,
    },
  );
  const { stdout: said, stderr } = await run("docker", ["logs", container]);
  return foundIn(`${stdout}\n${said}\n${stderr}`, secrets);
}

/** Command lines of all processes, in a container or on this machine. */
export const processList = async (container?: string): Promise<string> => {
  // Not every container has `ps`.
  const list = ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"];
  const [command = "", ...args] = container === undefined ? list : ["docker", "exec", container, ...list];
  // A process may end while it is read.
  return (await run(command, args, { allowFailure: true })).stdout;
};

/** Event log of an engine, without what it logs for debugging: Pulumi's SDK tells there of every value, secret or not. */
export const told = (events: string): string =>
  events
    .split("\n")
    .filter((line) => !/"severity":"debug"/.test(line))
    .join("\n");

/** Secrets in images: in their configuration, or in a file of one of their layers. A layer that they share is read once. */
export async function inImages(images: string[], secrets: Secret[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-secrets-"));
  try {
    const file = join(folder, "patterns");
    await writeFile(file, patterns(secrets), { mode: 0o600 });
    const said = await new Promise<string>((resolve, reject) => {
      const save = spawn("docker", ["save", ...images], { stdio: ["ignore", "pipe", "inherit"] });
      const [command = "", ...options] = grep.map((each) => each.replace(/=-$/, `=${file}`));
      const search = spawn(command, options, { stdio: ["pipe", "pipe", "inherit"] });
      let found = "";
      save.stdout.pipe(search.stdin);
      search.stdout.setEncoding("utf8").on("data", (text: string) => {
        found += text;
      });
      for (const child of [save, search]) child.on("error", reject);
      save.on(
        "close",
        (code) => code !== 0 && reject(new Error(`docker save ${images.join(" ")} ended with ${code}`)),
      );
      search.on("close", (code) =>
        code === 0 || code === 1 ? resolve(found) : reject(new Error(`grep ended with ${code}`)),
      );
    });
    return foundIn(said, secrets);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Texts of all files under a folder. */
export async function filesUnder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")),
  );
  return texts.join("\n");
}
