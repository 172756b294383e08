import { describe, expect, test } from "vitest";
import { type LeavingProps, leave, provider } from "../../../k3s/leaving/leavingProvider.ts";
import { sshKeyPair } from "../../support/sshKey.ts";
import { type Behaviour, sshServerOfTest } from "./ssh/sshServer.ts";

const server = (behaviour: Behaviour) => sshServerOfTest({ accepts: true, ...behaviour });

const privateKey = sshKeyPair().private;
const props = (at: { port: number; publicKey: string }): LeavingProps => ({
  name: "gpu",
  owner: "sophia-infra/test",
  node: "mcp-node",
  unit: "k3s-agent",
  machineId: "machine-1",
  host: { address: "127.0.0.1", port: at.port, user: "ubuntu", privateKey, hostKey: at.publicKey },
});
const byHand = /sudo systemctl disable --now k3s-agent.*k3s-agent-uninstall\.sh.*destroy\.md/s;

describe("L3 K4 an adopted host that leaves", () => {
  test("stops its K3s, by a script on standard input that knows whose it is", async () => {
    const at = await server({ answer: { code: 0, output: "changed k3s-agent: stopped\n" } });
    await expect(leave(props(at), 0)).resolves.toBe("changed k3s-agent: stopped");
    expect(at.commands[0]?.line).toContain("bash -s -- 'stop K3s on gpu'");
    expect(at.commands[0]?.stdin).toMatch(/^HOST=gpu\nOWNER=sophia-infra\/test$/m);
  });

  test("is passed over where it is lost, with a warning and what to run by hand", async () => {
    const at = await server({});
    for (const lost of [{ ...at, port: 1 }, at]) {
      const said = await leave(props(lost), 0);
      expect(said).toMatch(/^warning: K3s on host gpu is not stopped: .*(ECONNREFUSED|lost)/);
      expect(said).toMatch(byHand);
    }
  });

  test("is passed over where another machine has its address, which receives nothing", async () => {
    const at = await server({ answer: { code: 0, output: "" } });
    const other = await server({});
    const said = await leave(props({ port: at.port, publicKey: other.publicKey }), 30);
    expect(said).toMatch(/^warning: .*its host key is .*, not .*, which was pinned/);
    expect(at.logins()).toBe(0);
  });

  test("is an error where it refuses the login, or K3s cannot be stopped", async () => {
    const refusing = await server({ accepts: [] });
    const failing = await server({ answer: { code: 1, output: "error: k3s-agent does not stop\n" } });
    const refused = leave(props(refusing), 30);
    await expect(refused).rejects.toThrow(
      /K3s on host gpu is not stopped: .*authentication methods failed\n/,
    );
    await expect(refused).rejects.toThrow(byHand);
    await expect(refused).rejects.toThrow("pulumi state delete");
    await expect(leave(props(failing), 0)).rejects.toThrow(
      /could not be stopped \(exit code 1\):\nerror: k3s-agent does not stop\nLet the host/,
    );
  });
});

test("L3 another machine, or another host on it, replaces the resource; another login or node name updates it", async () => {
  const olds = props({ port: 22, publicKey: "ssh-ed25519 AAAA" });
  const diff = (news: LeavingProps) => provider.diff?.("id", olds, news);
  for (const other of [
    { ...olds, machineId: "machine-2" },
    { ...olds, name: "cpu" },
  ])
    await expect(diff(other)).resolves.toMatchObject({ replaces: ["machineId"], deleteBeforeReplace: true });
  for (const other of [
    { ...olds, host: { ...olds.host, privateKey: "another" } },
    { ...olds, node: "gpu" },
  ])
    await expect(diff(other)).resolves.toMatchObject({ changes: true, replaces: [] });
  await expect(diff({ ...olds })).resolves.toMatchObject({ changes: false });
});
