import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresEndpoint } from "../../../../../lab/saas/estuary/plane/net/postgres.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/databases/postgres.ts";

const rsa = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();

describe("PostgreSQL through an SSH tunnel", () => {
  let server: TestPostgres;
  const userKey = rsa();
  const asked: string[] = [];
  const connections = new Set<ssh2.Connection>();
  const bastion = new ssh2.Server({ hostKeys: [rsa()] }, (client) => {
    connections.add(client);
    client.on("error", () => {}).on("close", () => connections.delete(client));
    const expected = ssh2.utils.parseKey(userKey);
    client.on("authentication", (attempt) => {
      const known =
        !(expected instanceof Error) && !Array.isArray(expected) ? expected.getPublicSSH() : undefined;
      const right =
        attempt.method === "publickey" && known?.equals(attempt.key.data) && attempt.username === "tunnel";
      if (right) attempt.accept();
      else attempt.reject(["publickey"]);
    });
    client.on("tcpip", (accept, _, { destIP }) => {
      asked.push(destIP);
      const socket = connect(server.port, server.host, () => {
        const channel = accept();
        socket.pipe(channel).pipe(socket);
        channel.on("close", () => socket.destroy());
      });
      socket.on("error", () => socket.destroy());
    });
  });

  beforeAll(async () => {
    server = await startPostgres();
    const root = await server.admin();
    await root.query("CREATE ROLE flow LOGIN PASSWORD 'for-tests'");
    await root.end();
    bastion.listen(0, "127.0.0.1");
    await once(bastion, "listening");
  });
  afterAll(async () => {
    for (const client of connections) client.end();
    bastion.close();
    await server.stop();
  });

  const open = (privateKey: string) =>
    PostgresEndpoint.open(
      {
        address: "postgres.data.internal:5432",
        user: "flow",
        database: "postgres",
        credentials: { auth_type: "UserPassword", password: "for-tests" },
        networkTunnel: {
          sshForwarding: {
            sshEndpoint: `ssh://tunnel@127.0.0.1:${(bastion.address() as AddressInfo).port}`,
            privateKey,
          },
        },
        advanced: { sslmode: "require" },
      },
      "test",
    );

  test("P1 the address is reached from the tunnel's end, over TLS", async () => {
    const endpoint = await open(userKey);
    const client = await endpoint.connect();
    const { rows } = await client.query("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    expect(rows).toEqual([{ ssl: "true" }]);
    expect(asked).toEqual(["postgres.data.internal"]);
    await client.end();
    await endpoint.close();
  });

  test("P5 a tunnel that ends takes its connections with it", async () => {
    const endpoint = await open(userKey);
    const lost = Promise.withResolvers<Error>();
    const client = await endpoint.connect(lost.resolve);
    for (const connection of connections) connection.end();
    expect(await lost.promise).toBeInstanceOf(Error);
    await expect(client.query("SELECT 1")).rejects.toThrow();
    await endpoint.close();
  });

  test("P1 a key that the tunnel does not know is said, with where it was tried", async () => {
    await expect(open(rsa())).rejects.toThrow(/SSH tunnel to tunnel@127.0.0.1:\d+: .*authentication/);
  });
});
