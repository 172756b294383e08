import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { providerText } from "../../../../components/core/provider/providerText.ts";
import { knownHostsForm, readHostKey } from "../../../../k3s/ssh/handshake.ts";
import { type HostKeyState, provider } from "../../../../k3s/ssh/hostKeyProvider.ts";
import { sshServer as startServer } from "./sshServer.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function sshServer() {
  const server = await startServer();
  closers.push(server.close);
  return server;
}

const props = (port: number) => ({ machineId: "m1", address: "127.0.0.1", port, deadline: 60 });

test("H1 the key of a real SSH server is read without a login", async () => {
  const server = await sshServer();
  await expect(readHostKey({ address: "127.0.0.1", port: server.port }, 60_000)).resolves.toBe(
    server.publicKey,
  );
  expect(server.logins()).toBe(0);
});

test("a port that speaks something else is an error that names it", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  await expect(readHostKey({ address: "127.0.0.1", port }, 60_000)).rejects.toThrow(
    `SSH at 127.0.0.1:${port}`,
  );
});

test("H1 the key is pinned at first contact and another one is refused", async () => {
  const first = await sshServer();
  const { id, outs } = await provider.create(props(first.port));
  expect(id).toBe("m1");
  const state = outs as HostKeyState;
  expect(state.hostKey).toBe(first.publicKey);
  const other = await sshServer();
  const moved = provider.update?.("m1", state, props(other.port));
  await expect(moved).rejects.toThrow(/host key of machine m1 .* has changed since first contact/);
  const read = provider.read?.("m1", { ...state, port: other.port });
  await expect(read).rejects.toThrow("has changed since first contact");
});

test("a host that does not answer keeps its key at a refresh", async () => {
  const server = await sshServer();
  const { outs } = await provider.create(props(server.port));
  const state = { ...(outs as HostKeyState), port: 1 };
  await expect(provider.read?.("m1", state)).resolves.toEqual({ id: "m1", props: state });
});

test("what answers at a refresh without a readable key is an error, not an unchanged key", async () => {
  const { outs } = await provider.create(props((await sshServer()).port));
  const garbage = createServer((socket) => socket.write(`SSH-2.0-test\r\n${"\xff".repeat(64)}`, "latin1"));
  garbage.listen(0, "127.0.0.1");
  await once(garbage, "listening");
  closers.push(() => garbage.close());
  const { port } = garbage.address() as AddressInfo;
  const read = provider.read?.("m1", { ...(outs as HostKeyState), port });
  await expect(read).rejects.toThrow(`SSH at 127.0.0.1:${port}: `);
});

test("a wait for SSH that times out names the address and the last error", async () => {
  await expect(provider.create({ ...props(1), deadline: 0 })).rejects.toThrow(
    /waited 0 s for SSH at 127\.0\.0\.1:1; last: .*ECONNREFUSED/,
  );
});

test("another machine replaces the key, another address does not", async () => {
  const olds = { ...props(22), hostKey: "ssh-ed25519 AAAA" };
  await expect(provider.diff?.("m1", olds, { ...props(22), machineId: "m2" })).resolves.toMatchObject({
    changes: true,
    replaces: ["machineId"],
    deleteBeforeReplace: true,
  });
  await expect(provider.diff?.("m1", olds, props(2222))).resolves.toMatchObject({
    changes: true,
    replaces: [],
  });
  await expect(provider.diff?.("m1", olds, props(22))).resolves.toMatchObject({ changes: false });
});

test("a blob without a type is no key", () => {
  expect(() => knownHostsForm(Buffer.from([0, 0, 0, 1, 0]))).toThrow("no readable type");
});

test("the stored text of a dynamic provider is small and contains no machine path", async () => {
  const text = providerText("k3s/ssh/hostKeyProvider.ts");
  expect(text.length).toBeLessThan(2000);
  expect(text).not.toContain(process.cwd());
  expect(() => providerText("../elsewhere.ts")).toThrow("not a module");
});
