import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { checks, faultsIn, lineOf, type Reach, reachOf } from "../../../delivery/stack/verify.ts";
import { auditRows, exceptions, rotation } from "../../../delivery/watch.ts";
import { serve } from "../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../mcp/servers/kit/tool.ts";
import { listening } from "../../support/servers/listening.ts";
import { freePort } from "../../support/servers/ports.ts";

const named = (url: string) => url.replace("127.0.0.1", "sophia.invalid");

/** Stands for Nginx at an ingress address. @returns its URL by a name that nobody can look up */
const answering = async (status: number) =>
  named(await listening((_, response) => response.writeHead(status).end("answer")));

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "sophia-watch-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A stack at this URL, at this machine. */
const reach = (url: string, more: Record<string, unknown> = {}): Reach =>
  reachOf("test", { url, ingress: ["127.0.0.1"], mcp: [], ...more });

describe("C1 whether a stack works, seen from outside", () => {
  test("each address is asked by the name that people use", async () => {
    const url = await answering(200);
    const all = await checks(reach(url));
    expect(all).toEqual([{ what: `${url}/health at 127.0.0.1`, fault: "" }]);
  });

  test("what answers badly, or not at all, is named with the reason", async () => {
    const bad = await answering(503);
    expect(faultsIn(await checks(reach(bad)))).toEqual([`${bad}/health at 127.0.0.1: answers 503`]);
    const deaf = `http://sophia.invalid:${await freePort()}`;
    expect(faultsIn(await checks(reach(deaf)))[0]).toMatch(/ECONNREFUSED/);
    // By name, too: only with DNS is the stack there for anybody.
    const byName = await checks(reach(deaf), true);
    expect(faultsIn(byName)[1]).toMatch(/^http:\/\/sophia\.invalid:\d+\/health: /);
  });

  test("M4 an MCP server that does not answer in both revisions does not work", async () => {
    const url = await answering(404);
    const mcp = [
      {
        name: "memory",
        enabled: true,
        federated: false,
        revisions: ["2025-11-25", "2026-07-28"],
        url: `${url}/mcp/memory`,
      },
      { name: "github", enabled: false, federated: true, revisions: ["2025-11-25"] },
    ];
    const faults = faultsIn(await checks(reach(url, { mcp })));
    expect(faults.find((one) => one.startsWith("MCP server memory: 2025-11-25"))).toBeDefined();
    expect(faults.filter((one) => one.includes("github"))).toEqual([]);
    const behind = await checks(reach(url, { mcp: [], mcpGateway: `${url}/mcp` }));
    expect(faultsIn(behind)[1]).toMatch(/^MCP gateway: 2025-11-25/);
  });

  test("M4 servers that answer a client with a token are well, and only with it", async () => {
    const where = await folder();
    const tokensFile = join(where, "tokens");
    await writeFile(tokensFile, "of-the-check\n");
    const tools = ["add", "vendor_add"].map((name) =>
      tool({ name, description: "Adds.", input: z.object({}), run: async () => ({}) }),
    );
    const log = () => undefined;
    const info = { name: "memory", version: "1.0.0" };
    const serving = await serve({
      ...info,
      tools,
      port: 0,
      host: "127.0.0.1",
      maxBody: 100_000,
      tokensFile,
      log,
    });
    onTestFinished(() => serving.close(1));
    const url = `http://sophia.invalid:${serving.port}`;
    const memory = {
      name: "memory",
      enabled: true,
      federated: false,
      revisions: ["2025-11-25", "2026-07-28"],
    };
    const stack = { mcp: [{ ...memory, url: `${url}/mcp` }], mcpGateway: `${url}/mcp` };
    // As of a vendor's: only the gateway has its token.
    const vendors = {
      name: "vendor",
      enabled: true,
      federated: true,
      revisions: [],
      toolAllow: ["add", "put"],
    };
    const beside = { mcp: [vendors], mcpGateway: `${url}/mcp`, mcpClients: { check: "of-the-check" } };
    const [, , vendor] = await checks(reach(url, beside));
    expect(vendor && [vendor.fault, lineOf(vendor)]).toEqual([
      "",
      expect.stringMatching(/^- MCP server vendor\. Warning: it does not offer put: /),
    ]);
    const said = async (mcpClients: Record<string, string>) =>
      (await checks(reach(url, { ...stack, mcpClients })))
        .slice(1)
        .map(({ what, fault }) => `${what} ${fault !== ""}`);
    expect(await said({ check: "of-the-check" })).toEqual(["MCP gateway false", "MCP server memory false"]);
    expect(await said({ check: "of-nobody" })).toEqual(["MCP gateway true", "MCP server memory true"]);
  });

  test("M4 the servers are asked as the client that is there for checks", async () => {
    const seen = new Set<string | undefined>();
    const asked = await listening(({ url: { pathname }, headers }, response) => {
      if (pathname !== "/health") seen.add(headers.authorization);
      response.writeHead(404).end();
    });
    const url = named(asked);
    const mcpClients = { someone: "other", check: "of-the-check" };
    const all = await checks(reach(url, { mcpGateway: `${url}/mcp`, mcpClients }));
    expect([...seen]).toEqual(["Bearer of-the-check"]);
    expect(JSON.stringify(all)).not.toContain("of-the-check");
  });
});

describe("S2 secrets that are due", () => {
  const makefile = async (recipe: string) => {
    const where = await folder();
    await writeFile(join(where, "Makefile"), `rotation:\n\t@${recipe}\n`);
    return where;
  };

  test("are told in the words of make rotation", async () => {
    expect(await rotation(await makefile("true"))).toBe("");
    expect(await rotation(await makefile("echo the key is due; exit 1"))).toBe(
      "```text\nthe key is due\n```",
    );
  });

  test("a command that fails has not found something", async () => {
    await expect(rotation(await makefile("echo broken >&2; exit 2"))).rejects.toThrow("broken");
  });
});

describe("S3 exceptions from the policies that end soon", () => {
  const saying = async (program: string) => {
    const where = await folder();
    await mkdir(join(where, "policies"));
    await writeFile(join(where, "policies/ending.ts"), program);
    return where;
  };

  test("are told in the words of the command that lists them", async () => {
    expect(await exceptions(await saying("console.log('none')"))).toBe("");
    const one = 'console.log("one ends"); process.exitCode = 1;';
    expect(await exceptions(await saying(one))).toBe("```text\none ends\n```");
    await expect(exceptions(await saying('throw new Error("broken")'))).rejects.toThrow("broken");
  });
});

describe("C1 packages with known vulnerabilities", () => {
  /** As npm 10 and 11 show it. */
  const audit = JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: {
      parser: {
        name: "parser",
        severity: "high",
        isDirect: false,
        via: [
          {
            source: 1,
            name: "parser",
            title: "Endless @octocat loop",
            url: "https://example.test",
            severity: "high",
            range: "<2.0.1",
          },
        ],
        effects: ["reader"],
        range: "<2.0.1",
        nodes: ["node_modules/parser"],
        fixAvailable: { name: "reader", version: "3.0.0", isSemVerMajor: true },
      },
      reader: {
        name: "reader",
        severity: "high",
        isDirect: true,
        via: ["parser"],
        effects: [],
        range: "<3.0.0",
        nodes: ["node_modules/reader"],
        fixAvailable: { name: "reader", version: "3.0.0", isSemVerMajor: true },
      },
    },
    metadata: { vulnerabilities: { high: 2, total: 2 } },
  });

  test("are told once each, with what closes them", () => {
    expect(auditRows("mcp/servers", audit)).toEqual([
      ["`mcp/servers`", "`parser <2.0.1`", "high", "`Endless @octocat loop`", "`reader 3.0.0`"],
    ]);
    expect(auditRows(".", '{"vulnerabilities":{}}')).toEqual([]);
  });

  test("an answer that is none is not taken for good news", () => {
    expect(() => auditRows(".", '{"error":{"code":"ENOAUDIT"}}')).toThrow();
    expect(() => auditRows(".", "")).toThrow();
  });
});
