import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that a system gives to connections, and to servers that take any: 32768 and more, or 49152 and more. */
const [lowest, end] = [20_000, 30_000];
/** What this process has given away: a program may begin to listen a while later. */
const given = new Set<number>();

/** A port of loopback that nobody uses right now, and that no connection is given before its program listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, end);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, "127.0.0.1");
    const taken = await once(server, "listening").then(
      () => false,
      () => true,
    );
    if (taken) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
