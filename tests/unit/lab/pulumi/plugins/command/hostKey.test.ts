import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { readHostKey } from "../../../../../../k3s/ssh/handshake.ts";
import { withConnection } from "../../../../../../lab/pulumi/plugins/command/ssh.ts";
import { Fields } from "../../../../../../lab/pulumi/plugins/kit/schema.ts";
import { sshKeyPair } from "../../../../../support/sshKey.ts";

type KeyType = "ecdsa" | "rsa" | "ed25519";

const keyOf = (type: KeyType) => (type === "ecdsa" ? sshKeyPair(type, { bits: 256 }) : sshKeyPair(type));

/** An SSH server with host keys of those types that admits everybody. */
async function hostWith(types: KeyType[]) {
  const pairs = new Map(types.map((type) => [type, keyOf(type)]));
  const server = new ssh2.Server({ hostKeys: [...pairs.values()].map((pair) => pair.private) }, (client) => {
    client.on("authentication", (attempt) => attempt.accept());
    client.on("error", () => {
      // The client hangs up when it refuses the key.
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const publicKey = (type: KeyType) => pairs.get(type)?.public ?? "";
  return { port, publicKey };
}

function login(port: number, hostKey: string): Promise<string> {
  const connection = { host: "127.0.0.1", port, user: "ubuntu", hostKey, dialErrorLimit: 100 };
  const context = { signal: new AbortController().signal, log: () => undefined };
  return withConnection(new Fields(connection), context, async () => "logged in");
}

test.each<[KeyType[], KeyType]>([
  [["ed25519", "rsa", "ecdsa"], "ecdsa"],
  [["ed25519", "rsa"], "rsa"],
  [["ed25519"], "ed25519"],
])(
  "of the host keys %j, %s must be pinned, which is the one that the program pins",
  async (types, chosen) => {
    const { port, publicKey } = await hostWith(types);
    await expect(login(port, publicKey(chosen))).resolves.toBe("logged in");
    expect(await readHostKey({ address: "127.0.0.1", port }, 20_000)).toBe(publicKey(chosen));
    for (const other of types.filter((type) => type !== chosen))
      await expect(login(port, publicKey(other))).rejects.toThrow(
        /^host key mismatch: 127\.0\.0\.1:\d+ presented its \S+ key, and \S+ is pinned: pin the key that is negotiated/,
      );
  },
);

test("another key of the pinned type is refused at once", async () => {
  const { port } = await hostWith(["ed25519"]);
  await expect(login(port, keyOf("ed25519").public)).rejects.toThrow("has another key than the expected one");
});
