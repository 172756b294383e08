import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Era, probe } from "../../mcp/check/probe.ts";
import { readHealths } from "../../mcp/check/status.ts";
import { vmcp } from "../../mcp/gateway/vmcp.ts";
import type { Serving } from "../../mcp/servers/kit/serve.ts";
import { type Issuer, newKey, startIssuer } from "../support/servers/issuer.ts";
import { type Bench, nginxImage, openBench } from "./gateway/bench.ts";
import {
  backendOf,
  type Door,
  type Program,
  startDoor,
  startGateway,
  startServer,
} from "./gateway/programs.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const audience = "sophia-mcp";
/** On loopback the gateway answers to loopback's names alone, not to that of the host where clients come. */
const ownAddress =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address ?? "0.0.0.0";
const client = randomBytes(24).toString("hex");

let bench: Bench;
let server: Serving;

beforeAll(async () => {
  bench = await openBench();
  server = await startServer();
  bench.stops.push(() => server.close(1));
});
afterAll(() => bench?.close());

describe("with an identity provider", () => {
  let issuer: Issuer;
  let gateway: Program;
  let door: Door;

  beforeAll(async () => {
    issuer = await startIssuer(bench.folder, audience);
    bench.stops.push(() => issuer.close());
    gateway = await startGateway(bench.binary, bench.folder, {
      host: ownAddress,
      backends: [backendOf("toy", server)],
      auth: {
        by: "oidc",
        issuer: issuer.url,
        clientId: "sophia",
        audience,
        resource: "https://sophia.test/mcp",
        authority: readFileSync(issuer.certificate, "utf8"),
        privateAddress: true,
      },
    });
    bench.stops.push(() => gateway.stop());
    const to = { host: ownAddress, port: gateway.port };
    const toServer = { host: "127.0.0.1", port: server.port };
    const { metadataPath } = vmcp;
    door = await startDoor(await nginxImage(), bench.folder, {
      clients: { cursor: client },
      identity: { ...to, path: "/mcp" },
      routes: [
        { ...to, path: "/mcp", kind: "sse", exact: true, address: ownAddress, upstreamPath: "/mcp" },
        { ...to, path: "/mcp/status", kind: "sse", exact: true, clients: true, upstreamPath: "/status" },
        { ...to, path: metadataPath, kind: "http" },
        { ...toServer, path: "/mcp/toy", kind: "sse", clients: true, upstreamPath: "/mcp" },
      ],
    });
    bench.stops.push(() => door.stop());
  });

  const through = (path: string, token: string | undefined, era: Era = "2026-07-28") =>
    probe({
      url: `https://sophia.test:${door.port}${path}`,
      era,
      ca: door.certificate,
      address: "127.0.0.1",
      ...(token !== undefined && { token }),
    });

  /** An answer of the door to nobody in particular. */
  const knock = (path: string, token?: string) =>
    new Promise<{ status: number; asked: string[]; text: string }>((resolve, reject) => {
      const asked = request({
        port: door.port,
        host: "127.0.0.1",
        servername: "sophia.test",
        path,
        ca: door.certificate,
        headers: { host: "sophia.test", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      });
      asked.on("error", reject);
      asked.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        const said = response.headersDistinct["www-authenticate"] ?? [];
        response.on("end", () => resolve({ status: response.statusCode ?? 0, asked: said, text }));
      });
      asked.end();
    });

  /** Tokens that open nothing, by what is wrong with them. */
  const bad = (): Record<string, string | undefined> => {
    const now = Math.floor(Date.now() / 1000);
    const good = issuer.token();
    return {
      none: undefined,
      "no token at all": "x",
      "of another audience": issuer.token({ aud: "others" }),
      "of another issuer": issuer.token({ iss: "https://127.0.0.1:1" }),
      expired: issuer.token({ exp: now - 120 }),
      "not valid yet": issuer.token({ nbf: now + 600 }),
      "signed by nobody": issuer.token({}, null),
      "signed with another key": issuer.token({}, newKey().privateKey),
      "with another body": good.replace(/\.[^.]+\./, `.${issuer.token({ sub: "eve" }).split(".")[1]}.`),
    };
  };

  test.each(eras)(
    "M3 S1 its token opens the gateway and each server's own path to a client of %s",
    async (era) => {
      const token = issuer.token();
      expect(await through("/mcp", token, era)).toEqual({ ready: true, tools: ["toy_add"] });
      expect(await through("/mcp/toy", token, era)).toEqual({ ready: true, tools: ["add"] });
    },
  );

  test("M3 S1 no other token opens anything", async () => {
    for (const [what, token] of Object.entries(bad())) {
      for (const path of ["/mcp", "/mcp/toy"]) {
        const { ready, reason } = await through(path, token);
        expect([what, path, ready]).toEqual([what, path, false]);
        expect(reason).toMatch(/401|unauthorized|Bearer/i);
      }
      expect([what, (await knock("/mcp/status", token)).status]).toEqual([what, 401]);
    }
  });

  test("M3 S1 a token of our own opens the servers' paths and no gateway", async () => {
    expect(await through("/mcp/toy", client)).toMatchObject({ ready: true });
    expect((await knock("/mcp/status", client)).status).toBe(200);
    expect(await through("/mcp", client)).toMatchObject({ ready: false });
  });

  test("M3 who has no token is told once where to get one", async () => {
    const metadata = `resource_metadata="https://sophia.test${vmcp.metadataPath}/mcp"`;
    for (const path of ["/mcp/toy", "/mcp/status"]) {
      expect(await knock(path)).toMatchObject({ status: 401, asked: [expect.stringContaining(metadata)] });
    }
    const { text } = await knock(`${vmcp.metadataPath}/mcp`);
    expect(JSON.parse(text)).toMatchObject({
      resource: "https://sophia.test/mcp",
      authorization_servers: [issuer.url],
    });
  });

  test("S1 nobody but Nginx itself asks the question about a token", async () => {
    for (const path of ["/_identity", "/_identity/"]) expect((await knock(path, client)).status).toBe(404);
  });

  test("M4 the last step of an update has the gateway's word for what it may not ask itself", async () => {
    const url = `https://sophia.test:${door.port}/mcp`;
    const ways = { address: "127.0.0.1", ca: door.certificate, timeout: 10 };
    expect(await readHealths(url, { ...ways, token: client })).toMatchObject({
      ready: true,
      healths: { toy: expect.any(String) },
    });
    expect(await readHealths(url, { ...ways, token: "x" })).toMatchObject({
      ready: false,
      reason: expect.stringContaining("401"),
    });
  });

  // The last one here: the gateway does not come back.
  test("M3 S1 with the gateway away nothing opens, but to our own clients", async () => {
    await gateway.stop();
    bench.stops.splice(bench.stops.length - 2, 1);
    expect((await knock("/mcp/toy", issuer.token())).status).toBe(503);
    expect(await through("/mcp/toy", client)).toMatchObject({ ready: true });
  });
});
