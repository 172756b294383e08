import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { docker, inspect } from "../../../tools/docker/docker.ts";
import { baseImage } from "../../../tools/docker/images/base/image.ts";
import { nodeImage } from "../../../tools/docker/images/node/image.ts";
import { enginePlatform } from "../../../tools/docker/images/platform.ts";
import { testLabels } from "../../support/leftovers.ts";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";
import { occurs } from "./occurs.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";

const program = join(import.meta.dirname, "../programs/families");
const service = join(import.meta.dirname, "../../fixtures/images/service");
/** In the environment of whoever builds, and so where a careless build would find it. */
const planted = `planted-${randomBytes(12).toString("hex")}`;
/** What a pod of ours may do: its image's own user, a read-only root, no capability. */
const restricted = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none"];

let folder: string;
let registry: TestRegistry;
let digests: Record<string, string> = {};

const login = (): string => join(folder, "login");
const withLogin = (args: string[]) => docker(args, { env: { DOCKER_CONFIG: login() } });

/** Pushes an image of the lab as what it stands for: with a digest, as in production. */
async function pushed(artefact: Artefact, name: string): Promise<string> {
  const reference = `${registry.server}/${name}`;
  await docker(["tag", await registry.image(artefact), reference]);
  await withLogin(["push", reference]);
  const found = await inspect<{ RepoDigests: string[] }>("image", reference);
  await docker(["rmi", "--no-prune", reference]);
  return `${reference}@${found?.RepoDigests.find((each) => each.startsWith(registry.server))?.split("@")[1]}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sophia-families-"));
  registry = await startRegistry(join(folder, "engine"), [baseImage, nodeImage]);
  const auth = Buffer.from(`${registry.username}:${registry.password}`).toString("base64");
  await mkdir(login(), { mode: 0o700 });
  const config = JSON.stringify({ auths: { [registry.server]: { auth } } });
  await writeFile(join(login(), "config.json"), config, { mode: 0o600 });
});
afterAll(async () => {
  for (const reference of Object.values(digests)) await docker(["rmi", reference], { allowFailure: true });
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

async function copyOfService(name: string): Promise<string> {
  const copy = join(folder, name);
  await cp(service, copy, { recursive: true });
  return copy;
}

async function settings(services: Record<string, string>) {
  return {
    registry: { server: registry.server, username: registry.username },
    repository: `${registry.server}/team`,
    platforms: [await enginePlatform()],
    bases: {
      node: await pushed(nodeImage, "lab/node:24"),
      debian: await pushed(baseImage, "lab/debian:12"),
    },
    services,
  };
}

test("W4 the stack builds and pushes every family, and a service of its own", async () => {
  const greeter = await copyOfService("greeter");
  // A checkout whose files nobody else may read must not make an image that its user cannot read.
  await chmod(join(greeter, "main.ts"), 0o600);
  const stack = await runProgram({
    program,
    secrets: { password: registry.password },
    env: { NPM_TOKEN: planted, GITHUB_TOKEN: planted },
    config: { build: await settings({ greeter }) },
  });
  const up = await stack.up();
  expect(up.code, up.stdout).toBe(0);
  digests = (await stack.outputs()).repoDigests as Record<string, string>;
  expect(Object.keys(digests).sort()).toEqual(["base", "greeter", "mcp-servers", "monitoring"]);
  expect(brief((await stack.up()).steps)).not.toContain("update images-base");

  // What another stack may run, or this one again, stays in the registry.
  expect((await stack.destroy()).code).toBe(0);
  const [name, digest] = (digests.base ?? "").replace(`${registry.server}/`, "").split(/:[^@]*@/);
  expect((await registry.ask(`${name}/manifests/${digest}`, "HEAD")).status).toBe(200);
});

test("S1 a folder with keys or settings of a shell is refused, by the names of the files", async () => {
  const careless = await copyOfService("careless");
  await writeFile(join(careless, ".env"), `TOKEN=${planted}\n`);
  const stack = await runProgram({
    program,
    secrets: { password: registry.password },
    config: { build: await settings({ careless }) },
  });
  const up = await stack.up();
  expect(up.code).not.toBe(0);
  expect(up.stdout).toContain("/source/.env");
  expect(up.stdout).toContain("not for an image, name it in the folder's .dockerignore");
});

test("a base whose digest nobody looked up is planned, and refused before anything is built", async () => {
  const build = await settings({});
  const zeros = `docker.io/library/debian:12-slim@sha256:${"0".repeat(64)}`;
  const stack = await runProgram({
    program,
    secrets: { password: registry.password },
    config: { build: { ...build, bases: { ...build.bases, debian: zeros } } },
  });
  const planned = await stack.preview();
  expect(planned.code).toBe(0);
  expect(JSON.stringify(planned.diagnostics)).toContain("run `make pin-images` where the registry answers");
  const up = await stack.up();
  expect(up.stdout).toContain("images.build.bases.debian: all zeros is no digest");
  expect(brief(up.steps)).toEqual([]);
});

/** How each image is made to serve: what its pod would give it. */
const ways: Record<string, { options?: () => Promise<string[]>; command: string[] }> = {
  base: {
    command: ["node", "-e", "require('http').createServer((_, r) => r.end()).listen(process.env.PORT)"],
  },
  greeter: { command: [] },
  monitoring: {
    options: async () => [
      "--volume",
      `${await hostsFile()}:/hosts.json:ro`,
      "--env",
      "SOPHIA_HOSTS_FILE=/hosts.json",
      "--env",
      "SOPHIA_NODE_NAME=backend",
    ],
    command: [],
  },
  "mcp-servers": {
    options: async () => {
      const key = join(folder, "key");
      await writeFile(key, "none");
      const given = {
        SOPHIA_HOSTS_FILE: "/hosts.json",
        SOPHIA_LAMBDA_API_URL: "https://lambda.test/api/v1",
        SOPHIA_LAMBDA_API_KEY_FILE: "/key",
        KUBERNETES_SERVICE_HOST: "kubernetes.test",
        KUBERNETES_SERVICE_PORT: "443",
      };
      return [
        ...["--volume", `${await hostsFile()}:/hosts.json:ro`, "--volume", `${key}:/key:ro`],
        ...Object.entries(given).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ];
    },
    command: ["node", "/app/mcp/servers/sophia_infrastructure/main.ts"],
  },
};

async function hostsFile(): Promise<string> {
  const file = join(folder, "hosts.json");
  await writeFile(file, JSON.stringify([{ name: "backend", node: "backend", address: "127.0.0.1" }]));
  return file;
}

interface Inspected {
  State: { Running: boolean; Health: { Status: string; Log: { Output: string }[] } };
}

describe.each(Object.entries(ways))("W4 the image %s", (name, { options, command }) => {
  const container = `sophia-test-${name}-${randomBytes(3).toString("hex")}`;
  afterAll(() => docker(["rm", "--force", container], { allowFailure: true }));
  const exec = async (...args: string[]) =>
    docker(["exec", container, "node", ...args], { allowFailure: true });

  test("becomes healthy as an unprivileged user on a read-only root", async () => {
    const given = (await options?.()) ?? [];
    const args = ["run", "--detach", "--name", container, ...testLabels(folder), ...restricted, ...given];
    await withLogin([...args, digests[name] ?? "", ...command]);
    await waitFor({ what: `health of ${name}`, deadline: 300, interval: 0.5 }, async () => {
      const { State: state } = (await inspect<Inspected>("container", container)) ?? {};
      if (state?.Health.Status === "healthy") return true;
      return notYet(`it is ${JSON.stringify(state)}; ${(await docker(["logs", container])).stderr}`);
    });
    const { stdout } = await exec("-p", "`${process.getuid()}:${process.getgid()}`");
    expect(stdout.trim()).toBe("10001:10001");
    const written = await exec("-e", "require('fs').writeFileSync('/app/x', '')");
    expect(written.stderr).toContain("EROFS");
  });

  test("is unhealthy where it does not serve", async () => {
    const check = await exec("/usr/local/lib/sophia/healthcheck.ts", "/nowhere");
    // The base's server above answers everything.
    expect(check.code).toBe(name === "base" ? 0 : 1);
    const elsewhere = await docker(
      ["exec", "--env", "PORT=65000", container, "node", "/usr/local/lib/sophia/healthcheck.ts", "/healthz"],
      { allowFailure: true },
    );
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.stderr).toContain("ECONNREFUSED");
  });

  test("ends on SIGTERM", async () => {
    if (name === "base") return;
    await docker(["stop", container]);
    const ended = await inspect<{ State: { ExitCode: number } }>("container", container);
    expect(ended?.State.ExitCode).toBe(0);
  });

  test("S1 holds nothing of the environment that it was built in, no npm, and a bill of materials", async () => {
    const file = join(folder, `${name}.tar`);
    await docker(["save", "--output", file, digests[name] ?? ""]);
    expect(await occurs(file, [planted, registry.password])).toEqual([]);
    await rm(file);
    const look = await docker(
      [
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        digests[name] ?? "",
        "-c",
        "ls /usr/local/bin /usr/share/sbom; id -u",
      ],
      { allowFailure: true },
    );
    expect(look.stdout).not.toContain("npm");
    expect(look.stdout).toContain("base.cdx.json");
    const bills =
      "const { readdirSync, readFileSync } = require('fs'); const at = '/usr/share/sbom/';" +
      "console.log(JSON.stringify(readdirSync(at).flatMap((file) => JSON.parse(readFileSync(at + file)).components)))";
    const { stdout } = await docker(["run", "--rm", digests[name] ?? "", "node", "-e", bills]);
    const components = JSON.parse(stdout) as { purl: string }[];
    const purls = components.map(({ purl }) => purl);
    const version = ["node", "-p", "process.versions.node"];
    const { stdout: node } = await docker(["run", "--rm", digests[name] ?? "", ...version]);
    expect(purls).toContain(`pkg:generic/node@${node.trim()}`);
    expect(purls).toContainEqual(
      expect.stringMatching(/^pkg:deb\/debian\/libc6@\S+\?arch=\w+&distro=debian-12&upstream=glibc/),
    );
    if (name !== "base") expect(purls).toContain("pkg:npm/zod@4.6.7");
  });
});
