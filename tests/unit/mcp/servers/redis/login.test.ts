import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openRedis } from "../../../../../mcp/servers/redis/connection.ts";

test("M3 a Redis that takes connections and answers no login is given up on, also by the next call", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume())).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const redis = openRedis({
    url: `redis://127.0.0.1:${port}`,
    user: "default",
    password: () => "p",
    timeout: 0.5,
  });
  onTestFinished(async () => {
    await redis.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  for (const attempt of [1, 2]) {
    await expect(redis.command("PING"), `call ${attempt}`).rejects.toThrow(/no answer within 0\.5 s/);
    const socket = sockets.at(-1);
    if (!socket?.closed) await once(socket as Socket, "close");
    expect(sockets).toHaveLength(attempt);
  }
});
