import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { images } from "../../components/core/versions.ts";
import { publishImage } from "../../lab/images/publish.ts";
import { ensureRegistry, type Registry } from "../../lab/images/registry.ts";
import { registryImage, serviceImages } from "../../lab/images/services.ts";
import { baseImage } from "../../tools/docker/images/base/image.ts";
import { imagePresent } from "../../tools/docker/images/build.ts";
import { nodeImage } from "../../tools/docker/images/node/image.ts";
import { run } from "../../tools/exec.ts";
import { running, startTestLab, type TestLab } from "./driver/lab.ts";

let lab: TestLab;
let registry: Registry;
let cache: string;

const imageFor = (reference: string): Promise<string> => {
  const found = serviceImages.find((each) => each.reference === reference);
  if (!found) throw new Error(`no service image is published as ${reference}`);
  return lab.image(found.artefact);
};

/** What a pod of ours may do: an unprivileged user, a read-only root, no capability. */
const restricted = (user: string) => [
  "run",
  "--rm",
  `--user=${user}`,
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=none",
  "--tmpfs=/tmp:exec,mode=1777",
];
const docker = async (args: string[]) => (await run("docker", args)).stdout.trim();

beforeAll(async () => {
  lab = await startTestLab("images", [
    baseImage,
    nodeImage,
    registryImage,
    ...serviceImages.map((each) => each.artefact),
  ]);
  // A registry of the test's own, so that what is pushed first is really pushed.
  cache = await mkdtemp(join(tmpdir(), "sophia-registry-"));
  registry = await ensureRegistry({ ...lab.lab, cache }, lab.network, await lab.image(registryImage));
});
afterAll(async () => {
  await lab?.close();
  await rm(cache, { recursive: true, force: true });
});

describe("the registry", () => {
  test("serves an image under its production name, and takes it only once", async () => {
    const image = await imageFor(images.redis);
    // Other tests' registries may have had the same port, and left images of their names.
    const tags = () => docker(["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    const before = (await tags()).split("\n");
    const pushed: string[] = [];
    const first = await publishImage(registry, image, images.redis, (line) => pushed.push(line));
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(pushed.length).toBeGreaterThan(0);
    const again: string[] = [];
    expect(await publishImage(registry, image, images.redis, (line) => again.push(line))).toBe(first);
    expect(again).toEqual([]);
    // The name that it was pushed under would only confuse whoever looks at the engine's images.
    const left = (await tags()).split("\n").filter((tag) => !before.includes(tag));
    expect(left.filter((tag) => tag.startsWith(registry.push))).toEqual([]);
  });
  test("replaces an image of the same name by another one", async () => {
    const reference = "ghcr.io/sophia-ai/test:1";
    const first = await publishImage(registry, await imageFor(images.redis), reference);
    expect(await publishImage(registry, await imageFor(images.nginx), reference)).not.toBe(first);
  });
  test("a lab host pulls from it and runs what it pulled", async () => {
    const image = await imageFor(images.redis);
    await publishImage(registry, image, images.redis);
    const spec = lab.spec(21);
    await lab.driver.create(spec);
    await running(lab.driver, spec.id);
    const host = `sophia-${lab.lab.name}-${spec.id}`;
    await docker(["exec", host, "systemctl", "start", "containerd"]);
    const reference = `${new URL(registry.url).host}/library/redis:${images.redis.split(":")[1]}`;
    await docker(["exec", host, "ctr", "image", "pull", "--plain-http", reference]);
    const ran = await docker([
      "exec",
      host,
      "ctr",
      "run",
      "--rm",
      reference,
      "t",
      "redis-server",
      "--version",
    ]);
    expect(ran).toContain("v=7.0");
    await lab.driver.remove(spec.id);
  });
  test("comes back with what it had when its container is lost", async () => {
    const reference = "ghcr.io/sophia-ai/kept:1";
    const image = await imageFor(images.nginx);
    const digest = await publishImage(registry, image, reference);
    await docker(["rm", "--force", `sophia-${lab.lab.name}-registry`]);
    registry = await ensureRegistry({ ...lab.lab, cache }, lab.network, await lab.image(registryImage));
    const pushed: string[] = [];
    expect(await publishImage(registry, image, reference, (line) => pushed.push(line))).toBe(digest);
    expect(pushed).toEqual([]);
  });
  test("an image that the engine does not have is named", async () => {
    await expect(publishImage(registry, "sophia-lab/none:0", "ghcr.io/a/b:1")).rejects.toThrow(
      "image sophia-lab/none:0 is not in the Docker engine, so ghcr.io/a/b:1 cannot be published",
    );
  });
});

test("an image that was removed from the engine is not taken for present", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sophia-image-"));
  const tag = `sophia-lab/test:${randomUUID()}`;
  await docker(["tag", await lab.image(baseImage), tag]);
  await writeFile(join(folder, "image"), `${tag}\n`);
  expect(await imagePresent(folder)).toBe(true);
  await docker(["rmi", "--no-prune", tag]);
  expect(await imagePresent(folder)).toBe(false);
  await rm(folder, { recursive: true });
});

describe("images keep their contract, as an unprivileged user on a read-only root", () => {
  test("postgres: CloudNativePG's programs in PATH, user 26, locales; a database starts", async () => {
    const image = await imageFor(images.postgres);
    const script = [
      "command -v initdb postgres pg_ctl pg_controldata pg_basebackup psql >/dev/null",
      "locale -a | grep -qi en_US.utf8",
      "initdb --locale=C.UTF-8 --auth=trust -D /tmp/data >/dev/null",
      "pg_ctl -D /tmp/data -w -o '-k /tmp -h \"\"' start >/dev/null",
      "psql -h /tmp -d postgres -Atc 'show server_version'",
      "id -un",
      "pg_ctl -D /tmp/data -w -m fast stop >/dev/null",
    ].join(" && ");
    const said = await docker([...restricted("26:26"), image, "sh", "-c", script]);
    const version = images.postgres.split(":")[1]?.split("-")[0] ?? "";
    expect(said).toContain(version);
    expect(said).toMatch(/postgres$/);
  });
  test("pgbouncer: where the operator calls it, and new enough for it", async () => {
    const said = await docker([
      ...restricted("998"),
      await imageFor(images.pgbouncer),
      "/usr/bin/pgbouncer",
      "--version",
    ]);
    expect(said).toContain(`PgBouncer ${images.pgbouncer.split(":")[1]}`);
  });
  test("redis: server and client as user 999, data in /data", async () => {
    const script =
      "redis-server --dir /data --save '' --daemonize yes --unixsocket /tmp/s --port 0 >/dev/null" +
      " && until redis-cli -s /tmp/s ping; do sleep 0.1; done && redis-cli -s /tmp/s info server | grep redis_version";
    const args = [...restricted("999:999"), "--tmpfs=/data:uid=999", await imageFor(images.redis)];
    const said = await docker([...args, "timeout", "20", "sh", "-c", script]);
    expect(said).toContain("PONG");
    expect(said).toContain(`redis_version:${images.redis.split(":")[1]?.split("-")[0]}`);
  });
  test("nginx: user 101, configuration in /etc/nginx", async () => {
    const image = await imageFor(images.nginx);
    expect(
      await docker([
        ...restricted("101:101"),
        image,
        "sh",
        "-c",
        "nginx -v 2>&1; ls /etc/nginx/mime.types; id -un",
      ]),
    ).toBe(`nginx version: nginx/${images.nginx.split(":")[1]}\n/etc/nginx/mime.types\nnginx`);
    const stream = "stream { server { listen 6379; proxy_pass 127.0.0.1:1; proxy_ssl on; } }";
    const modules = "include /etc/nginx/modules-enabled/*.conf;";
    const config =
      `${modules} ${stream} ` +
      "pid /tmp/p; events {} http { client_body_temp_path /tmp/b; proxy_temp_path /tmp/x; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; server { listen 8080; } }";
    const tested = await docker([
      ...restricted("101:101"),
      image,
      "sh",
      "-c",
      `echo '${config}' > /tmp/c && nginx -t -c /tmp/c 2>&1`,
    ]);
    expect(tested).toContain("test is successful");
  });
  test("mcp-servers: node runs our servers as user 10001, without npm's own leftovers", async () => {
    const image = await imageFor(images.mcpServers);
    const node = await docker([...restricted("10001:10001"), image, "node", "--version"]);
    expect(node).toBe(process.version);
    const args = [
      ...restricted("10001:10001"),
      image,
      "node",
      "/app/mcp/servers/sophia_infrastructure/main.ts",
    ];
    const result = await run("docker", args, { allowFailure: true, signal: AbortSignal.timeout(60_000) });
    // Without its settings it must say what is missing: that it comes so far proves that all it imports is there.
    expect(`${result.stdout}${result.stderr}`).not.toMatch(/ERR_MODULE_NOT_FOUND|Cannot find/);
    expect(result.code).not.toBe(0);
    const listed = await docker([
      ...restricted("10001:10001"),
      image,
      "find",
      "/app",
      "-name",
      ".env*",
      "-o",
      "-name",
      "*.key",
    ]);
    expect(listed).toBe("");
  });
  test("node: npm works with the machine's settings", async () => {
    const args = [...restricted("1000"), "--env=HOME=/tmp", await lab.image(nodeImage), "npm", "--version"];
    expect(await docker(args)).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
