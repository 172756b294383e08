import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalog } from "../../../mcp/catalog/index.ts";
import { connect, type Era, probe } from "../../../mcp/check/probe.ts";
import type { ResolvedBackend } from "../../../mcp/gateway/backend.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import { certificateIn } from "../../support/servers/certificate.ts";
import { type Bench, openBench } from "./bench.ts";
import { startFront } from "./front.ts";
import { type Program, startGateway, startServer } from "./programs.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const remotes = catalog.flatMap((entry) => (entry.kind === "remote" ? [entry] : []));

/** A server of ours on TLS, in a vendor's place. */
interface Vendor {
  backend: ResolvedBackend;
  token: string;
  /** What requests had for `Authorization`, each once. */
  came: Set<string>;
}

describe("servers at their vendors'", () => {
  let bench: Bench;
  let gateway: Program;
  let url: string;
  let vendors: Vendor[];
  /** One whose certificate nobody vouches for. */
  let stranger: Vendor;
  /** One that sends its callers to another host, and that host. */
  let mover: Vendor;
  let elsewhere: Vendor;

  /** A certificate that is its own authority. */
  function certified(name: string) {
    const folder = join(bench.folder, name);
    mkdirSync(folder);
    const { key, certificate } = certificateIn(folder);
    return { file: certificate, tls: { key: readFileSync(key), cert: readFileSync(certificate) } };
  }

  async function startVendor(
    { name, credential, timeout }: Pick<ResolvedBackend, "name" | "credential" | "timeout">,
    tls: { key: Buffer; cert: Buffer },
    to?: Vendor,
  ): Promise<Vendor> {
    const token = randomBytes(24).toString("hex");
    const tokensFile = join(bench.folder, `${name}.tokens`);
    writeFileSync(tokensFile, `${token}\n`);
    const server = await startServer({ tokensFile });
    const came = new Set<string>();
    const front = await startFront(
      server,
      ({ headers }, answer, passOn) => {
        came.add(headers.authorization ?? "none");
        if (to) answer.writeHead(307, { location: to.backend.url }).end();
        else passOn();
      },
      tls,
    );
    bench.stops.push(
      () => server.close(1),
      () => front.close(),
    );
    return {
      token,
      came,
      backend: { name, credential, timeout, url: `https://127.0.0.1:${front.port}/mcp` },
    };
  }

  beforeAll(async () => {
    bench = await openBench();
    const trusted = certified("trusted");
    const login = (variable: string) => ({ credential: { header: "Authorization", variable }, timeout: 30 });
    vendors = await Promise.all(remotes.map((entry) => startVendor(entry, trusted.tls)));
    stranger = await startVendor({ name: "stranger", ...login("STRANGER_TOKEN") }, certified("unknown").tls);
    elsewhere = await startVendor({ name: "elsewhere", ...login("ELSEWHERE_TOKEN") }, trusted.tls);
    mover = await startVendor({ name: "mover", ...login("MOVER_TOKEN") }, trusted.tls, elsewhere);
    const all = [...vendors, stranger, mover];
    gateway = await startGateway(bench.binary, bench.folder, {
      host: "127.0.0.1",
      backends: all.map(({ backend }) => backend),
      auth: { by: "nginx" },
      environment: {
        SSL_CERT_FILE: trusted.file,
        ...Object.fromEntries(
          all.map(({ backend, token }) => [backend.credential?.variable ?? "", `Bearer ${token}`]),
        ),
      },
    });
    bench.stops.push(() => gateway.stop());
    url = `http://127.0.0.1:${gateway.port}${vmcp.path}`;
  });
  afterAll(() => bench?.close());

  test("M3 S1 each is asked over TLS, with its own token and no other, and its tools are offered", async () => {
    expect(remotes.length).toBeGreaterThan(3);
    for (const era of eras) {
      const { tools } = await probe({ url, era });
      expect(tools).toEqual(remotes.map(({ name }) => `${name}_add`).sort());
      const { client, close } = await connect({ url, era });
      for (const { name } of remotes) {
        const { content } = await client.callTool({ name: `${name}_add`, arguments: { a: 2, b: 3 } });
        expect(content).toMatchObject([{ text: JSON.stringify({ sum: 5 }) }]);
      }
      await close();
    }
    for (const { came, token } of vendors) expect([...came]).toEqual([`Bearer ${token}`]);
  });

  test("S1 one whose certificate nobody vouches for is not told its token", async () => {
    await expect.poll(() => gateway.said()).toMatch(/stranger.*certificate signed by unknown authority/);
    expect([...stranger.came]).toEqual([]);
  });

  test("S1 a token does not follow to another host that its vendor names", async () => {
    await expect.poll(() => gateway.said()).toMatch(/mover.*refusing cross-host redirect/);
    expect([...mover.came]).toEqual([`Bearer ${mover.token}`]);
    expect([...elsewhere.came]).toEqual([]);
  });
});
