import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { connect, type Era, probe } from "../../../mcp/check/probe.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import type { Serving } from "../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../mcp/servers/kit/tool.ts";
import { type Bench, openBench } from "./bench.ts";
import { add, backendOf, type Program, startGateway, startServer } from "./programs.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
/** What the platform gives the gateway for a server's login. */
const [right, wrong] = [randomBytes(24).toString("hex"), randomBytes(24).toString("hex")];

const sleep = tool({
  name: "sleep",
  description: "Answer after some seconds.",
  input: z.object({ seconds: z.number() }),
  run: async ({ seconds }) => {
    await pause(seconds * 1000);
    return { slept: seconds };
  },
});

describe("servers behind the gateway", () => {
  let bench: Bench;
  let gateway: Program;
  let url: string;
  let toy: Serving;

  beforeAll(async () => {
    bench = await openBench();
    toy = await startServer({ tools: [add, sleep] });
    const tokensFile = join(bench.folder, "tokens");
    writeFileSync(tokensFile, `${right}\n`);
    const locked = await startServer({ tokensFile });
    bench.stops.push(
      () => toy.close(1),
      () => locked.close(1),
    );
    const login = (variable: string) => ({ credential: { header: "Authorization", variable } });
    gateway = await startGateway(bench.binary, bench.folder, {
      host: "127.0.0.1",
      backends: [
        backendOf("patient", toy, { timeout: 40 }),
        backendOf("hasty", toy, { timeout: 5 }),
        backendOf("chosen", toy, { tools: ["add"] }),
        backendOf("known", locked, login("KNOWN_TOKEN")),
        backendOf("refused", locked, login("REFUSED_TOKEN")),
        backendOf("unknown", locked),
      ],
      auth: { by: "nginx" },
      environment: { KNOWN_TOKEN: `Bearer ${right}`, REFUSED_TOKEN: `Bearer ${wrong}` },
    });
    bench.stops.push(() => gateway.stop());
    url = `http://127.0.0.1:${gateway.port}${vmcp.path}`;
  });
  afterAll(() => bench?.close());

  const calling = async <T>(
    era: Era,
    work: (call: (name: string, input: object) => Promise<string>) => T,
  ) => {
    const { client, close } = await connect({ url, era });
    const call = async (name: string, input: object) => {
      const { content, isError } = await client.callTool({ name, arguments: { ...input } });
      return `${isError ? "error: " : ""}${(content as { text?: string }[])[0]?.text ?? ""}`;
    };
    try {
      return await work(call);
    } finally {
      await close();
    }
  };

  test("M3 S1 a login is in the header that the server wants, and who brings none, or a wrong one, offers nothing", async () => {
    for (const era of eras) {
      const { tools } = await probe({ url, era });
      expect(tools).toEqual([
        "chosen_add",
        "hasty_add",
        "hasty_sleep",
        "known_add",
        "patient_add",
        "patient_sleep",
      ]);
      expect(await calling(era, (call) => call("known_add", { a: 2, b: 3 }))).toBe(
        JSON.stringify({ sum: 5 }),
      );
    }
    expect(gateway.said()).toContain("refused");
    expect(gateway.said()).not.toContain(right);
    expect(gateway.said()).not.toContain(wrong);
  });

  test("M3 offers the tools that an entry allows, and no other can be called; its own path has all", async () => {
    expect((await probe({ url: `http://127.0.0.1:${toy.port}/mcp`, era: "2026-07-28" })).tools).toEqual([
      "add",
      "sleep",
    ]);
    for (const era of eras) {
      expect((await probe({ url, era })).tools).not.toContain("chosen_sleep");
      const [allowed, hidden] = await calling(era, (call) =>
        Promise.allSettled([call("chosen_add", { a: 1, b: 1 }), call("chosen_sleep", { seconds: 0 })]),
      );
      expect(allowed).toEqual({ status: "fulfilled", value: JSON.stringify({ sum: 2 }) });
      expect(hidden).toMatchObject({
        status: "rejected",
        reason: { message: expect.stringMatching(/unknown tool|not found/) },
      });
    }
  });

  test("M3 the answer of a tool that takes its time comes, if the entry allows it, and else that it was too late", async () => {
    const asked = eras.map((era) =>
      calling(era, (call) =>
        Promise.allSettled([call("patient_sleep", { seconds: 33 }), call("hasty_sleep", { seconds: 33 })]),
      ),
    );
    for (const [slow, late] of await Promise.all(asked)) {
      expect(slow).toEqual({ status: "fulfilled", value: JSON.stringify({ slept: 33 }) });
      // The older revision has it as a tool's error, the newer one as the call's.
      const text = late.status === "fulfilled" ? late.value : String(late.reason);
      expect(text).toMatch(/hasty.*(deadline|Timeout) exceeded/);
    }
  });
});
