import { describe, expect, test } from "vitest";
import { type DrainProps, drain, provider, retire } from "../../../k3s/drainProvider.ts";
import { sshKeyPair } from "../../support/sshKey.ts";
import { type Behaviour, sshServerOfTest } from "./ssh/sshServer.ts";

const server = (behaviour: Behaviour) => sshServerOfTest({ accepts: true, ...behaviour });

const privateKey = sshKeyPair().private;
const props = (at: { port: number; publicKey: string }, changes: Partial<DrainProps> = {}): DrainProps => ({
  host: "gpu",
  node: "mcp-node",
  machineId: "machine-1",
  server: { address: "127.0.0.1", port: at.port, user: "ubuntu", privateKey, hostKey: at.publicKey },
  deadline: 120,
  ...changes,
});

describe("K4 before a machine goes", () => {
  test("its node is drained through the server, by a script on standard input", async () => {
    const at = await server({ answer: { code: 0, output: "changed node mcp-node: drained and removed\n" } });
    await expect(drain(props(at), 0)).resolves.toBe("changed node mcp-node: drained and removed");
    expect(at.commands).toHaveLength(1);
    expect(at.commands[0]?.line).toContain("bash -s -- 'drain mcp-node'");
    expect(at.commands[0]?.stdin).toContain('kubectl delete node "$NODE"');
  });

  test("an unreachable server is passed over", async () => {
    const at = await server({ answer: { code: 0, output: "" } });
    await expect(drain(props({ ...at, port: 1 }), 0)).resolves.toMatch(
      /node mcp-node is not drained: .*ECONNREFUSED/,
    );
  });

  test("a server that is lost during the drain is passed over", async () => {
    const at = await server({});
    await expect(drain(props(at), 0)).resolves.toMatch(/is not drained: .*lost/);
  });

  test("another machine at the server's address is an error, and receives nothing", async () => {
    const at = await server({ answer: { code: 0, output: "" } });
    const other = await server({});
    await expect(drain(props({ port: at.port, publicKey: other.publicKey }), 30)).rejects.toThrow(
      /mcp-node is not drained: .*its host key is .*, not .*, which was pinned/,
    );
    expect(at.logins()).toBe(0);
  });

  test("a server that refuses the key is an error with what to do, and is not tried again", async () => {
    const at = await server({ accepts: [] });
    await expect(drain(props(at), 30)).rejects.toThrow(
      /mcp-node is not drained: SSH at 127\.0\.0\.1:\d+: All configured authentication methods failed\n.*pulumi state delete/s,
    );
    expect(at.commands).toEqual([]);
  });

  test("a private key that cannot be read is an error without the key", async () => {
    const at = await server({});
    const unreadable = { ...props(at), server: { ...props(at).server, privateKey: "torn key" } };
    const failure: unknown = await drain(unreadable, 30).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/mcp-node is not drained: Cannot parse privateKey/);
    expect(String(failure)).not.toContain("torn key");
  });

  test("a server that answers but cannot drain is an error with its output", async () => {
    const at = await server({ answer: { code: 1, output: "error: forbidden\n" } });
    await expect(drain(props(at), 0)).rejects.toThrow(
      /mcp-node could not be drained \(exit code 1\):\nerror: forbidden/,
    );
  });
});

describe("K4 where another machine may take the node's name while the old one runs", () => {
  const account = ({ port, publicKey: hostKey }: { port: number; publicKey: string }) => ({
    ...{ address: "127.0.0.1", port, user: "ubuntu", privateKey, hostKey },
  });

  test("K3s is stopped there after the drain, by a script that knows which node it was", async () => {
    const at = await server({ answer: { code: 0, output: "changed node mcp-node: drained and removed\n" } });
    const machine = await server({ answer: { code: 0, output: "changed k3s-agent on gpu: stopped\n" } });
    await expect(retire(props(at, { machine: account(machine) }), 0)).resolves.toBe(
      "changed node mcp-node: drained and removed\nchanged k3s-agent on gpu: stopped",
    );
    expect(machine.commands[0]?.line).toContain("bash -s -- 'stop node mcp-node on gpu'");
    expect(machine.commands[0]?.stdin).toMatch(/^HOST=gpu\nNODE=mcp-node$/m);
  });

  test("a machine that is lost, refuses the login or cannot stop is deleted nevertheless, and the output says so", async () => {
    const at = await server({ answer: { code: 0, output: "drained\n" } });
    const refusing = await server({ accepts: [] });
    const failing = await server({ answer: { code: 1, output: "error: no\n" } });
    for (const [machine, reason] of [
      [
        account({ ...refusing, port: 1 }),
        "waited 0 s for gpu at 127\\.0\\.0\\.1, to stop its K3s; .*ECONNREFUSED",
      ],
      [account(refusing), "SSH at .*authentication methods failed"],
      [account(failing), "exit code 1: error: no"],
    ] as const)
      await expect(retire(props(at, { machine }), 0)).resolves.toMatch(
        new RegExp(`^drained\nnote: K3s on gpu is not stopped: ${reason}.*both are it until that ends$`),
      );
  });

  test("a node that cannot be drained is an error, and its machine goes on", async () => {
    const at = await server({ accepts: [] });
    const machine = await server({ answer: { code: 0, output: "" } });
    await expect(retire(props(at, { machine: account(machine) }), 0)).rejects.toThrow("is not drained");
    expect(machine.logins()).toBe(0);
  });
});

test("K4 another machine replaces the resource; another login, deadline or name of its host updates it", async () => {
  const olds = props({ port: 22, publicKey: "ssh-ed25519 AAAA" });
  const diff = (news: DrainProps) => provider.diff?.("id", olds, news);
  await expect(diff({ ...olds, machineId: "machine-2" })).resolves.toMatchObject({
    replaces: ["machineId"],
    deleteBeforeReplace: true,
  });
  await expect(diff({ ...olds, host: "models" })).resolves.toMatchObject({ changes: true, replaces: [] });
  await expect(diff({ ...olds, deadline: 60 })).resolves.toMatchObject({ changes: true, replaces: [] });
  await expect(diff({ ...olds })).resolves.toMatchObject({ changes: false });
});
