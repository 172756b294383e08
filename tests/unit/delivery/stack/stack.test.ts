import { describe, expect, test } from "vitest";
import { providerText } from "../../../../components/core/provider/providerText.ts";
import type { Effect, Plan } from "../../../../delivery/comment/plan.ts";
import { guard, objections } from "../../../../delivery/stack/guard.ts";
import { commitBefore as chosen, lastIn, parseHistory } from "../../../../delivery/stack/history.ts";
import { billedAfterwards, confirm, machineOf, targetsOf } from "../../../../delivery/stack/operations.ts";
import { programIn } from "../../../../delivery/stack/program.ts";
import { modulesIn } from "../../../../delivery/stack/rollback.ts";
import { reachOf } from "../../../../delivery/stack/verify.ts";
import { updated } from "./recorded.ts";

const commit = (digit: string) => digit.repeat(40);
const [now, good, older, dirty] = [commit("1"), commit("2"), commit("3"), commit("4")];

/** As `pulumi stack history --json` shows it, the newest first. */
const history = parseHistory(
  JSON.stringify([
    { version: 6, kind: "update", result: "failed", environment: { "git.head": now, "git.dirty": "false" } },
    { version: 5, kind: "refresh", result: "succeeded", environment: { "git.head": commit("5") } },
    {
      version: 4,
      kind: "update",
      result: "succeeded",
      environment: { "git.head": dirty, "git.dirty": "true" },
    },
    { version: 3, kind: "update", result: "failed", environment: { "git.head": commit("6") } },
    { version: 2, kind: "update", result: "succeeded", environment: {} },
    {
      version: 1,
      kind: "update",
      result: "succeeded",
      environment: { "git.head": good, "git.dirty": "false" },
    },
    {
      version: 0,
      kind: "update",
      result: "succeeded",
      environment: { "git.head": older, "git.dirty": "false" },
    },
  ]),
);

describe("C1 which commit to roll back to", () => {
  const all = new Set("123456".split("").map(commit));
  const commitBefore = (some: typeof history, verified: string | undefined, leaving: string, earlier = all) =>
    chosen(some, { verified, leaving, earlier });

  test("the one that was seen to work", () => {
    expect(commitBefore(history, older, now)).toBe(older);
  });

  test("else the newest whose update succeeded, from a clean checkout", () => {
    expect(commitBefore(history, undefined, now)).toBe(good);
    // It worked until now: going back means going to another one.
    expect(commitBefore(history, now, now)).toBe(good);
    expect(commitBefore(history, "no commit", now)).toBe(good);
    expect(commitBefore(history, undefined, good)).toBe(older);
  });

  test("never a later one than is left: after a roll-back, that is the faulty one", () => {
    const again = [...parseHistory(JSON.stringify([updated(good), updated(now)])), ...history];
    expect(lastIn(again)).toBe(good);
    expect(commitBefore(again, good, good, new Set([good, older]))).toBe(older);
    expect(commitBefore(again, now, good, new Set([good, older]))).toBe(older);
  });

  test("not that of a part, which was deployed alone: the stack was never wholly of it", () => {
    const part = parseHistory(JSON.stringify([updated(dirty, { part: true })]));
    expect(commitBefore([...part, ...history], undefined, now)).toBe(good);
    expect(commitBefore(part, undefined, now)).toBeUndefined();
  });

  test("none is made up", () => {
    expect(commitBefore(history.slice(0, 4), undefined, now)).toBeUndefined();
  });
});

test("C1 the code that delete of a dynamic resource needs is known from the state", () => {
  const state = [
    { urn: "urn:a", inputs: { __provider: providerText("lambda/provider/handlers/instance.ts") } },
    { urn: "urn:b", inputs: { __provider: providerText("lambda/provider/handlers/instance.ts") } },
    { urn: "urn:c", inputs: { __provider: providerText("k3s/drainProvider.ts") } },
    { urn: "urn:d", inputs: { stdin: "text" } },
    { urn: "urn:e" },
  ];
  expect([...modulesIn(state)]).toEqual([
    ["lambda/provider/handlers/instance.ts", "urn:a"],
    ["k3s/drainProvider.ts", "urn:c"],
  ]);
});

describe("C1 an update that nobody watches", () => {
  const lost: Effect = {
    subject: "host backend",
    severity: "data",
    what: "terminated",
    why: "image changes",
  };
  const away: Effect = {
    subject: "release redis",
    severity: "outage",
    what: "restarts",
    why: "values change",
  };
  const plan = (effects: Effect[], more: Partial<Plan> = {}): Plan => ({
    stack: "prod",
    offline: false,
    succeeded: true,
    changes: [],
    unchanged: 0,
    effects,
    policies: { packs: [], passed: 0, verdicts: [] },
    cost: { items: [], before: 0, after: 0, budget: 0 },
    messages: [],
    ...more,
  });

  test("may interrupt, but must not lose data unless somebody says so", () => {
    expect(objections(plan([away]), { dataLoss: false })).toEqual([]);
    expect(() => guard(plan([away, lost]), { dataLoss: false })).toThrow(
      /stack prod is not updated[\s\S]*host backend: terminated \(image changes\)[\s\S]*backup/,
    );
    expect(objections(plan([lost]), { dataLoss: true })).toEqual([]);
    expect(objections(plan([lost]), { dataLoss: false, host: "backend" })).toEqual([]);
    expect(objections(plan([lost]), { dataLoss: false, host: "mcp" })).toHaveLength(1);
  });

  test("never does what the preview or a policy refused, whatever anybody says", () => {
    const verdict = { rule: "non-root", mandatory: true, resource: "web", message: "runs as root" };
    const refused = plan([], { succeeded: false, policies: { packs: [], passed: 0, verdicts: [verdict] } });
    expect(objections(refused, { dataLoss: true })).toEqual([
      "the preview failed",
      "policy non-root refuses web",
    ]);
    const advice = plan([], {
      policies: { packs: [], passed: 0, verdicts: [{ ...verdict, mandatory: false }] },
    });
    expect(objections(advice, { dataLoss: false })).toEqual([]);
  });
});

describe("C1 work by hand", () => {
  const type = "pulumi-nodejs:dynamic/lambda:Instance";
  const state = ["backend", "mcp"].map((host) => ({
    type,
    urn: `urn:pulumi:dev::p::sophia:lambda:Fleet$${type}::fleet-${host}`,
  }));

  test("finds a host's machine, or names the stack's hosts", () => {
    expect(machineOf(state, "mcp")).toMatch(/::fleet-mcp$/);
    expect(() => machineOf(state, "frontend")).toThrow(
      "unknown host frontend; the hosts of the stack are backend, mcp",
    );
    expect(() => machineOf([], "mcp")).toThrow("the hosts of the stack are none");
  });

  test("L3 L7 says what is billed after a stop: adopted hosts, and a file system that is kept or was there before", () => {
    const files = "pulumi-nodejs:dynamic/lambda:FileSystem";
    const fileSystem = (name: string, owned: boolean, retainOnDelete?: boolean) => ({
      type: files,
      urn: `urn:pulumi:dev::p::${files}::fleet-files`,
      outputs: { name, owned },
      ...(retainOnDelete && { retainOnDelete }),
    });
    const [backend, mcp] = state.map((one, index) => ({
      ...one,
      id: `i-${index}`,
      outputs: { adopted: index === 1 },
    }));
    if (!backend || !mcp) throw new Error("unreachable: two hosts");
    expect(billedAfterwards([backend, fileSystem("gone", true)])).toEqual([]);
    expect(
      billedAfterwards([backend, mcp, fileSystem("kept", true, true), fileSystem("theirs", false)]),
    ).toEqual([
      "file system kept, which is kept with its data",
      "file system theirs, which is kept with its data",
      "host mcp (instance i-1), which was adopted and keeps running",
    ]);
  });

  test("a part that the program does not have is refused, not passed over", () => {
    expect(targetsOf("mcp", ["sophia:mcp:McpServer"])).toEqual([
      "**sophia:mcp:McpServer::**",
      "**sophia:mcp:McpServer$**",
    ]);
    // What runs in it is built by another component, which has to be brought up with it.
    expect(targetsOf("migrations", ["sophia:data:Migrations", "sophia:images:Images"])).toEqual([
      "**sophia:data:Migrations::**",
      "**sophia:data:Migrations$**",
      "**sophia:images:Images::**",
      "**sophia:images:Images$**",
    ]);
    expect(() => targetsOf("migrations", ["sophia:mcp:McpServer"])).toThrow(
      "the program has no database migrations: it registers no sophia:data:Migrations",
    );
  });

  test("what destroys is confirmed by name", () => {
    expect(() => confirm("replacing host mcp", "mcp", "mcp")).not.toThrow();
    expect(() => confirm("replacing host mcp", "mcp", "")).toThrow('type "mcp" as confirmation, not ""');
  });

  test("a stack is named as its backend knows it", () => {
    expect(programIn("/checkout", "dev", {}).qualified).toBe("dev");
    expect(programIn("/checkout", "dev", { PULUMI_ORGANIZATION: "acme" }).qualified).toBe("acme/dev");
    expect(() => programIn("/checkout", "dev --yes", {})).toThrow("is not a stack name");
    expect(() => programIn("/checkout", "--yes", {})).toThrow("is not a stack name");
  });

  test("a stack that was never brought up cannot be looked at", () => {
    expect(() => reachOf("dev", { url: "https://sophia.example" })).toThrow(/stack dev.*ingress, mcp/);
  });

  test("M4 servers that are off, and those behind the gateway only, are no fault of the stack", () => {
    const some = { federated: true, revisions: ["2025-11-25"] };
    const reach = reachOf("dev", {
      url: "https://sophia.example",
      ingress: ["192.0.2.1"],
      mcp: [
        { ...some, name: "memory", kind: "stdio", enabled: true, url: "https://sophia.example/mcp/memory" },
        { ...some, name: "slack", kind: "container", enabled: true },
        { ...some, name: "github", kind: "container", enabled: false, reason: "not among mcp.enabled" },
      ],
      mcpGateway: "https://sophia.example/mcp",
      mcpClients: { check: "a" },
    });
    expect(reach.mcp.map(({ url }) => url)).toEqual([
      "https://sophia.example/mcp/memory",
      undefined,
      undefined,
    ]);
    expect(reach.mcpGatewayAuth).toBe("clients");
  });
});
