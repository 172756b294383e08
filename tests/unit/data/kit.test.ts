import { createServer } from "node:net";
import { expect, test } from "vitest";
import { connectPatiently, isPassing } from "../../../data/kit/connect.ts";
import { metricsText } from "../../../data/kit/metrics.ts";
import { freePort } from "../../support/servers/ports.ts";

test("P5 a database that is not there yet is tried again, and then given up with its own words", async () => {
  const port = await freePort();
  const config = { host: "127.0.0.1", port, user: "nobody", database: "none" };
  await expect(connectPatiently(config, { seconds: 0.6 })).rejects.toThrow(/ECONNREFUSED/);
  let tries = 0;
  const server = createServer((socket) => {
    tries += 1;
    socket.destroy();
  }).listen(port, "127.0.0.1");
  await expect(connectPatiently(config, { seconds: 1.2 })).rejects.toThrow(/terminated|ECONNRESET/);
  server.close();
  expect(tries).toBeGreaterThan(1);
});

test("P5 a wrong password is not tried again", () => {
  const refused = Object.assign(new Error("password authentication failed"), { code: "28P01" });
  expect(isPassing(refused)).toBe(false);
  expect(isPassing(new AggregateError([Object.assign(new Error("no"), { code: "ECONNREFUSED" })]))).toBe(
    true,
  );
});

test("O2 metrics are escaped as Prometheus wants them", () => {
  const samples = [{ labels: { why: 'a "b"\n\\' }, value: 1 }];
  expect(metricsText([{ name: "x", help: "h", type: "gauge", samples }])).toBe(
    '# HELP x h\n# TYPE x gauge\nx{why="a \\"b\\"\\n\\\\"} 1\n',
  );
});
