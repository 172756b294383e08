import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { dropSlot } from "../../../../data/estuary/slot/drop.ts";
import { certificateIn } from "../../../support/servers/certificate.ts";
import { someSecret } from "./support/estuary.ts";
import { tunnelHost } from "./support/tunnel.ts";

/** A certificate of an authority of its own. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "authority-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { key, certificate } = certificateIn(folder);
  return { key: readFileSync(key), cert: readFileSync(certificate, "utf8") };
}

/** Agrees to TLS as PostgreSQL does, and shows a certificate. @returns its port */
async function door(shown: ReturnType<typeof certificate>): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write("S");
      new TLSSocket(socket, { isServer: true, ...shown }).on("error", () => socket.destroy());
    });
  });
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test("P1 a certificate that the remembered authority does not vouch for fails the removal, which says how to go on", async () => {
  const port = await door(certificate());
  const removal = dropSlot({
    slot: "flow_slot",
    database: "postgres",
    user: "flow_capture",
    password: someSecret(),
    address: `127.0.0.1:${port}`,
    tunnel: await tunnelHost(),
    ca: certificate().cert,
    serverName: "127.0.0.1",
  });
  await expect(removal).rejects.toThrow(
    /flow_slot is not dropped: PostgreSQL at 127.0.0.1:\d+ .*CERT.*`pulumi up`.*authority.*pulumi state delete/s,
  );
});
