import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readHealths } from "../../../../mcp/check/status.ts";
import { certificateIn } from "../../../support/servers/certificate.ts";

test("M3 the gateway's word counts only for servers that need no token of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "status-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { key, certificate } = certificateIn(folder);
  const backends = [
    { name: "redis", health: "healthy", auth_type: "unauthenticated" },
    { name: "memory", health: "healthy" },
    // Answered after it missed a check; its tools are offered.
    { name: "asana", health: "degraded" },
    { name: "github", health: "healthy", auth_type: "header_injection" },
    { name: "notion", health: "degraded", auth_type: "header_injection" },
    { name: "pulumi", health: "unhealthy", auth_type: "header_injection" },
  ];
  const ca = readFileSync(certificate, "utf8");
  const gateway = createServer({ key: readFileSync(key), cert: ca }, ({ headers }, response) => {
    response.writeHead(headers.authorization === "Bearer a" ? 200 : 401).end(JSON.stringify({ backends }));
  });
  onTestFinished(() => void gateway.close());
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const url = `https://127.0.0.1:${(gateway.address() as AddressInfo).port}/mcp`;
  expect(await readHealths(url, { ca, token: "a", timeout: 30 })).toEqual({
    ready: true,
    offered: [],
    healths: {
      redis: "healthy",
      memory: "healthy",
      asana: "healthy",
      github: "unverified",
      notion: "unverified",
      pulumi: "unhealthy",
    },
  });
});
