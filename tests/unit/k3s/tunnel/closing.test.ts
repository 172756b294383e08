import { describe, expect, test } from "vitest";
import { type ClosingProps, close, provider } from "../../../../k3s/tunnel/closingProvider.ts";
import { sshKeyPair } from "../../../support/sshKey.ts";
import { type Behaviour, sshServerOfTest } from "../ssh/sshServer.ts";

const server = (behaviour: Behaviour) => sshServerOfTest({ accepts: true, ...behaviour });

const privateKey = sshKeyPair().private;
const props = (at: { port: number; publicKey: string }): ClosingProps => ({
  user: "estuary",
  machineId: "machine-1",
  host: { address: "127.0.0.1", port: at.port, user: "ubuntu", privateKey, hostKey: at.publicKey },
});

describe("S2 a tunnel that is no longer wanted", () => {
  test("is closed on its host, by a script on standard input", async () => {
    const at = await server({ answer: { code: 0, output: "changed user estuary: removed\n" } });
    await expect(close(props(at), 0)).resolves.toBe("changed user estuary: removed");
    expect(at.commands[0]?.line).toContain("bash -s -- 'close the tunnel of estuary'");
    expect(at.commands[0]?.stdin).toContain('userdel "$TUNNEL_USER"');
  });

  test("is passed over where its host is lost, with what to do if it is not", async () => {
    const at = await server({});
    await expect(close(props({ ...at, port: 1 }), 0)).resolves.toMatch(
      /tunnel of estuary is not closed: .*ECONNREFUSED.* If that host still runs: remove .*sophia-keys\/estuary/,
    );
  });

  test("is an error where the host refuses the login, or the user stays", async () => {
    const refusing = await server({ accepts: [] });
    await expect(close(props(refusing), 30)).rejects.toThrow(
      /is not closed: SSH at .*authentication methods failed\nIts key may still be accepted/,
    );
    const failing = await server({ answer: { code: 1, output: "error: userdel\n" } });
    await expect(close(props(failing), 0)).rejects.toThrow(/\(exit code 1\):\nerror: userdel\nIts key may/);
  });
});

test("S2 another machine replaces the closing, another login updates it", async () => {
  const olds = props({ port: 22, publicKey: "ssh-ed25519 AAAA" });
  const diff = (news: ClosingProps) => provider.diff?.("id", olds, news);
  await expect(diff({ ...olds, machineId: "machine-2" })).resolves.toMatchObject({ replaces: ["machineId"] });
  await expect(diff(props({ port: 23, publicKey: "ssh-ed25519 AAAA" }))).resolves.toMatchObject({
    changes: true,
    replaces: [],
  });
  await expect(diff({ ...olds })).resolves.toMatchObject({ changes: false });
});
