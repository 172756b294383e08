import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repository } from "../../../../tools/repository.ts";

interface Started {
  child: ChildProcess;
  port: number;
  url: string;
  said: () => string;
  ended: Promise<number | null>;
}

function launch(args: string[]) {
  const child = spawn(process.execPath, [join(repository, "lab/k3s/releaseServer.ts"), ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, said: () => output };
}

async function start(files: Record<string, string>): Promise<Started> {
  const args = Object.entries(files).flatMap(([path, file]) => ["--file", path, file]);
  const launched = launch(["--listen", "127.0.0.1:0", ...args]);
  await expect.poll(launched.said, { timeout: 60_000 }).toMatch(/serving \d+ releases on .*:\d+\n/);
  const port = Number(/:(\d+)\n/.exec(launched.said())?.[1]);
  return { ...launched, port, url: `http://127.0.0.1:${port}` };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "releases-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** The first line of the answer to a request that no client library would send. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setEncoding("utf8").once("data", (text: string) => {
      socket.destroy();
      resolve(text.split("\r\n")[0] ?? "");
    });
    socket.once("error", reject);
  });
}

test("K1 it serves the named files, whole, and nothing else", async () => {
  const home = folder();
  const [k3s, secret] = [join(home, "k3s"), join(home, "secret")];
  const bytes = Buffer.alloc(3_000_000, 7);
  writeFileSync(k3s, bytes);
  writeFileSync(secret, "not for you");
  const { url, port } = await start({ "/v1/k3s": k3s });
  const got = await fetch(`${url}/v1/k3s?once=1`);
  expect([got.status, got.headers.get("content-length")]).toEqual([200, "3000000"]);
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  const head = await fetch(`${url}/v1/k3s`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "3000000", ""]);
  expect((await fetch(`${url}/v1/k3s`, { method: "POST" })).status).toBe(404);
  for (const path of [
    "/",
    "/v1",
    "/v1/secret",
    secret,
    "/v1/k3s/../secret",
    "//",
    "/%",
    "/v1/../v1/secret",
  ]) {
    expect([path, await raw(port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)]).toEqual([
      path,
      expect.stringMatching(/^HTTP\/1\.1 404/),
    ]);
  }
});

test("a file that went, a folder, and a client that hangs up do no harm to the next", async () => {
  const home = folder();
  const [gone, big] = [join(home, "gone"), join(home, "big")];
  writeFileSync(gone, "x");
  writeFileSync(big, Buffer.alloc(20_000_000));
  const { url, said } = await start({ "/gone": gone, "/folder": home, "/big": big });
  rmSync(gone);
  expect((await fetch(`${url}/gone`)).status).toBe(500);
  expect(said()).toMatch(/\/gone: ENOENT/);
  await expect(fetch(`${url}/folder`).then((response) => response.text())).rejects.toThrow();
  const hangUp = new AbortController();
  const response = await fetch(`${url}/big`, { signal: hangUp.signal });
  hangUp.abort();
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect((await (await fetch(`${url}/big`)).arrayBuffer()).byteLength).toBe(20_000_000);
});

test("SIGTERM ends it, also while a client holds a connection", async () => {
  const file = join(folder(), "k3s");
  writeFileSync(file, "k3s");
  const { child, port, ended } = await start({ "/k3s": file });
  const idle = connect(port, "127.0.0.1");
  idle.on("error", () => undefined);
  await once(idle, "connect");
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test.each([
  [["--file", "/k3s", "/k3s"], /--listen <host:port> is missing/],
  [["--listen", "127.0.0.1:0", "--file", "k3s", "/k3s"], /unknown argument --file/],
  [["--listen", "127.0.0.1:0", "--root", "/"], /unknown argument --root/],
])("wrong arguments are refused by name: %j", async (args, said) => {
  const launched = launch(args);
  expect(await launched.ended).not.toBe(0);
  expect(launched.said()).toMatch(said);
});

test("a port that is taken is an error that says which", async () => {
  const { port } = await start({});
  const second = launch(["--listen", `127.0.0.1:${port}`]);
  expect(await second.ended).toBe(1);
  expect(second.said()).toMatch(new RegExp(`cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`));
});
