import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Client, type Door, faultOf } from "../../bench/mcp/client.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const request = "GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n";

/** Answers calls, and hangs up after so many on one connection. @param says whether it says so beforehand */
async function hangingUp(after: number, says: boolean): Promise<Door & { connections(): number }> {
  let connections = 0;
  const server = createServer((asked, answer) => {
    const served = (counts.get(asked.socket) ?? 0) + 1;
    counts.set(asked.socket, served);
    const last = served === after;
    if (last && says) answer.setHeader("connection", "close");
    answer.end('{"result":1}', () => last && !says && asked.socket.destroy());
  });
  const counts = new WeakMap<object, number>();
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, connections: () => connections };
}

test("M3 the benchmark's client goes on with another connection when the server says that it closes this one", async () => {
  const door = await hangingUp(2, true);
  const client = new Client(door);
  stops.push(() => client.close());
  for (let call = 0; call < 7; call += 1) expect(faultOf(await client.call(request))).toBeUndefined();
  expect(door.connections()).toBe(4);
});

test("M3 a connection that closes without a word costs the benchmark one call at most, and never stops it", async () => {
  const door = await hangingUp(1, false);
  const client = new Client(door);
  stops.push(() => client.close());
  const faults: (string | undefined)[] = [];
  for (let call = 0; call < 6; call += 1) faults.push(await client.call(request).then(faultOf, String));
  expect(faults.filter((fault) => fault === undefined).length).toBeGreaterThanOrEqual(3);
});
