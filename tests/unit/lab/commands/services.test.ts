import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ensureServer, type Server, serverSources } from "../../../../lab/commands/services.ts";
import { identify } from "../../../../lab/state/process.ts";
import { stopServer } from "../../../../lab/state/servers.ts";
import { repository } from "../../../../tools/repository.ts";
import { importsOf } from "../../../support/sources.ts";

/** The lab's release server. */
function releases(port: number, host = "127.0.0.1"): Server {
  const folder = mkdtempSync(join(tmpdir(), "releases-"));
  onTestFinished(async () => {
    await stopServer(folder);
    rmSync(folder, { recursive: true });
  });
  const listen = `${host}:${port}`;
  return {
    title: "the release server",
    folder,
    args: [
      join(repository, "lab/k3s/releaseServer.ts"),
      "--listen",
      listen,
      "--file",
      "/k3s",
      import.meta.filename,
    ],
    url: `http://${listen}/k3s`,
    ports: [port],
    environment: {},
    sources: serverSources.releases,
  };
}

/** A port that was free a moment ago, and a stranger who listens there until `free`. */
async function taken(): Promise<{ port: number; free: () => Promise<void> }> {
  const stranger = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  const free = () => new Promise<void>((resolve) => void stranger.close(() => resolve()));
  onTestFinished(() => void stranger.close());
  return { port, free };
}

test("a server whose port somebody has is not taken for the one that responds there; once it is free, it starts", async () => {
  const { port, free } = await taken();
  const server = releases(port);
  await expect(ensureServer(server)).rejects.toThrow(
    new RegExp(`^the release server cannot start: 127\\.0\\.0\\.1:${port}: .+ uses this port`),
  );
  await free();
  await ensureServer(server);
});

test("a server that ends at once fails with what it said last, not after a deadline", async () => {
  // An address that is not this machine's.
  const server = releases(7601, "192.0.2.1");
  await expect(ensureServer(server)).rejects.toThrow(
    /^the release server ended: cannot listen on 192\.0\.2\.1:7601: .*EADDRNOTAVAIL.*; its log is .+\/log$/,
  );
});

test("a server runs on while nothing changes, and is restarted when its sources have changed", async () => {
  const { port, free } = await taken();
  await free();
  const server = releases(port);
  const source = join(server.folder, "source.ts");
  writeFileSync(source, "one");
  server.sources = [...server.sources, relative(repository, source)];
  const pids = () =>
    readdirSync(server.folder)
      .filter((name) => /^pid-.*\.json$/.test(name))
      .map((name) => JSON.parse(readFileSync(join(server.folder, name), "utf8")).pid as number);
  await ensureServer(server);
  const [first = 0] = pids();
  await ensureServer(server);
  expect(pids()).toEqual([first]);
  writeFileSync(source, "two");
  await ensureServer(server);
  expect(pids()).toHaveLength(1);
  expect(pids()).not.toEqual([first]);
  expect(await identify(first)).toBeUndefined();
});

test.each([
  ["cloud", "lab/cloud/main.ts"],
  ["saas", "lab/saas/main.ts"],
  ["releases", "lab/k3s/releaseServer.ts"],
] as const)("the sources of the server %s have all that it imports", (name, entry) => {
  const all = new Set<string>([entry]);
  for (const file of all)
    for (const each of importsOf(file, readFileSync(join(repository, file), "utf8"))) all.add(each);
  expect(all.size).toBeGreaterThan(1);
  const within = (file: string) =>
    serverSources[name].some((path) => file === path || file.startsWith(`${path}/`));
  expect([...all].filter((file) => !within(file))).toEqual([]);
  // One that is not there would end `make up`.
  expect(serverSources[name].filter((path) => !existsSync(join(repository, path)))).toEqual([]);
});
