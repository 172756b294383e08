import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { digestOf } from "../../../images/pin/registry.ts";
import { pin as pinFile } from "../../../images/pin/stackFile.ts";
import { registryImage } from "../../../lab/images/services.ts";
import { labOf } from "../../../lab/lab.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { docker, labelArguments } from "../../../tools/docker/docker.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";

const both = ["linux/amd64", "linux/arm64"];
const indexType = "application/vnd.oci.image.index.v1+json";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const digest = (bytes: string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

let folder: string;
let container: string;
/** A real registry, open to everybody. */
let server: string;
const indexes = new Map<string, string>();

async function put(path: string, type: string, body: string): Promise<void> {
  const answer = await fetch(`http://${server}/v2/${path}`, {
    method: "PUT",
    headers: { "Content-Type": type },
    body,
  });
  expect(answer.status, await answer.text()).toBe(201);
}

/** One small image for each platform; under one index where it is for several. */
async function publish(name: string, platforms: string[]): Promise<void> {
  const manifests = [];
  for (const platform of platforms) {
    const [os, architecture] = platform.split("/");
    const config = JSON.stringify({ os, architecture, rootfs: { type: "layers", diff_ids: [] } });
    const started = await fetch(`http://${server}/v2/${name}/blobs/uploads/`, { method: "POST" });
    const upload = new URL(started.headers.get("location") ?? "", `http://${server}`);
    upload.searchParams.set("digest", digest(config));
    const type = { "Content-Type": "application/octet-stream" };
    expect((await fetch(upload, { method: "PUT", headers: type, body: config })).status).toBe(201);
    const blob = {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digest(config),
      size: config.length,
    };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: blob, layers: [] });
    await put(`${name}/manifests/${digest(manifest)}`, manifestType, manifest);
    await put(`${name}/manifests/single`, manifestType, manifest);
    manifests.push({
      mediaType: manifestType,
      digest: digest(manifest),
      size: manifest.length,
      platform: { os, architecture },
    });
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
  await put(`${name}/manifests/12-slim`, indexType, index);
  indexes.set(name, digest(index));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pin-"));
  await ensureEngine(folder);
  const folders = await obtain([registryImage], { cache: labOf().cache });
  container = `sophia-test-pin-${randomBytes(4).toString("hex")}`;
  await docker([
    ...["run", "--detach", "--name", container, ...labelArguments({ name: container, folder })],
    ...["--publish", "127.0.0.1::5000", await imageOf(folders.get(registryImage.name) ?? "")],
  ]);
  server = (await docker(["port", container, "5000/tcp"])).stdout.trim();
  await waitFor({ what: "the test's registry", deadline: 240, interval: 0.2 }, async () => {
    const { status } = await fetch(`http://${server}/v2/`);
    return status === 200 || notYet(`it answers ${status}`);
  });
  await publish("library/node", both);
  await publish("library/debian", both);
  await publish("library/one", ["linux/amd64"]);
});
afterAll(async () => {
  if (container) await docker(["rm", "--force", "--volumes", container]);
  await stopEngine(folder);
  await rm(folder, { recursive: true });
});

const pin = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, ["images/pin/main.ts", ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });

test("W4 the digests that a registry has are written into the stack file, and nothing else", async () => {
  const file = join(folder, "Pulumi.trial.yaml");
  const zeros = "0".repeat(64);
  const text = (node: string, debian: string) => `# people's words stay
config:
  sophia-infra:images:
    build:
      registry: { server: ghcr.io, username: sophia-ai }
      repository: ghcr.io/sophia-ai # here, too
      bases:
        node: ${server}/library/node:12-slim@${node}
        debian: ${server}/library/debian:12-slim@${debian}
  sophia-infra:budget: { monthlyUsd: 1000 }
`;
  await writeFile(file, text(`sha256:${zeros}`, `sha256:${zeros}`));
  const before = await pin("--check", file);
  expect(before.code).toBe(1);
  expect(await readFile(file, "utf8")).toContain(zeros);
  expect((await pin(file)).code).toBe(0);
  const pinned = text(indexes.get("library/node") ?? "", indexes.get("library/debian") ?? "");
  expect(await readFile(file, "utf8")).toBe(pinned);
  const again = await pin("--check", file);
  expect(again).toMatchObject({ code: 0, said: expect.stringContaining("✔ Pulumi.trial.yaml node") });
});

test("W4 third-party images are pinned where the stack file has a map of digests, and unused entries are removed", async () => {
  const file = join(folder, "Pulumi.images.yaml");
  const [redis, nginx] = [`${server}/library/node:12-slim`, `${server}/library/debian:12-slim`];
  const text = (map: string) => `config:
  sophia-infra:k3s:
    release: { amd64: { url: "https://k3s.test", sha256: "0" } }
  sophia-infra:images:
    # for production
    digests:${map}
    # the end
  sophia-infra:budget: { monthlyUsd: 1000 } # dollars
`;
  await writeFile(file, text(" {}"));
  const pinned = text(
    `\n      ${redis}: ${indexes.get("library/node")}\n      ${nginx}: ${indexes.get("library/debian")}`,
  );
  const all = { images: [redis, nginx], check: false };
  expect(await pinFile(file, { ...all, check: true })).toMatchObject({ behind: 2 });
  expect(await readFile(file, "utf8")).toBe(text(" {}"));
  expect(await pinFile(file, all)).toMatchObject({ behind: 2 });
  expect(await readFile(file, "utf8")).toBe(pinned);
  expect(await pinFile(file, { ...all, check: true })).toMatchObject({ behind: 0 });
  // Another version: the old name goes, with its digest.
  expect((await pinFile(file, { images: [nginx], check: false })).lines).toContain(
    `✎ Pulumi.images.yaml no longer runs: ${redis}`,
  );
  expect(await readFile(file, "utf8")).toBe(text(`\n      ${nginx}: ${indexes.get("library/debian")}`));
  // One that is not there: nothing is written.
  const missing = { images: [nginx, `${server}/library/none:1`], check: false };
  await expect(pinFile(file, missing)).rejects.toThrow("its registry answers 404");
  const arm = (await readFile(file, "utf8")).replace("amd64", "arm64");
  await writeFile(file, arm);
  await expect(pinFile(file, { images: [`${server}/library/one:12-slim`], check: false })).rejects.toThrow(
    "has no image for linux/arm64",
  );
  expect(await readFile(file, "utf8")).toBe(arm);
});

test("W4 what would not run on every machine is refused", async () => {
  await expect(digestOf(`${server}/library/one:12-slim`, both)).rejects.toThrow(
    /library\/one:12-slim has no image for linux\/arm64; it has linux\/amd64/,
  );
  await expect(digestOf(`${server}/library/node:single`, both)).rejects.toThrow(
    /is an image for one machine type/,
  );
  await expect(digestOf(`${server}/library/node:none`, both)).rejects.toThrow(/its registry answers 404/);
  await expect(digestOf("nowhere.invalid/library/node:none", both)).rejects.toThrow(
    /did not respond: .*nowhere.invalid/,
  );
});

test("W4 a registry may require an anonymous token; a response that does not match its stated digest is refused", async () => {
  const body = JSON.stringify({ manifests: [{ platform: { os: "linux", architecture: "amd64" } }] });
  const asked: string[] = [];
  let says = digest(body);
  const registry: Server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const own = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    if (request.url?.startsWith("/token")) return response.end(JSON.stringify({ token: "for-everybody" }));
    if (request.headers.authorization !== "Bearer for-everybody") {
      const challenge = `Bearer realm="${own}/token",service="trial",scope="repository:a/b:pull"`;
      return response.writeHead(401, { "WWW-Authenticate": challenge }).end();
    }
    response.writeHead(200, { "Docker-Content-Digest": says }).end(body);
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  try {
    const name = `127.0.0.1:${(registry.address() as AddressInfo).port}/a/b:c`;
    expect(await digestOf(name, ["linux/amd64"])).toBe(digest(body));
    expect(asked[1]).toBe("/token?service=trial&scope=repository%3Aa%2Fb%3Apull");
    says = digest("something else");
    await expect(digestOf(name, ["linux/amd64"])).rejects.toThrow(
      /the registry says sha256:.*, the response is sha256:/,
    );
  } finally {
    registry.close();
  }
});
