import { connect } from "node:net";
import ssh2 from "ssh2";
import { onTestFinished } from "vitest";
import { freePort } from "../../../../support/servers/ports.ts";
import { sshKeyPair } from "../../../../support/sshKey.ts";

/**
 * An SSH host that lets one key through to any address, and nothing else; ended with the test.
 *
 * @param forwards Default true. A host that does not answers as sshd does to an address outside its PermitOpen.
 */
export async function tunnelHost(forwards = true): Promise<{ endpoint: string; privateKey: string }> {
  const key = sshKeyPair();
  const allowed = ssh2.utils.parseKey(key.public);
  if (allowed instanceof Error) throw allowed;
  const server = new ssh2.Server({ hostKeys: [sshKeyPair().private] }, (client) => {
    client.on("error", () => client.end());
    client.on("authentication", (attempt) => {
      const right =
        attempt.method === "publickey" &&
        attempt.username === "estuary" &&
        attempt.key.data.equals(allowed.getPublicSSH());
      if (right) attempt.accept();
      else attempt.reject(["publickey"]);
    });
    client.on("ready", () => {
      // Without a listener, the library refuses as prohibited.
      if (!forwards) return;
      client.on("tcpip", (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP);
        socket.once("error", () => reject());
        socket.once("connect", () => {
          const channel = accept();
          socket.removeAllListeners("error").on("error", () => channel.end());
          channel.on("error", () => socket.destroy());
          socket.pipe(channel).pipe(socket);
        });
      });
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return { endpoint: `ssh://estuary@127.0.0.1:${port}`, privateKey: key.private };
}
