import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vendorTokens } from "../../../components/settings/environment/vendorTokens.ts";
import { labOf } from "../../../lab/lab.ts";
import { catalog, isDeployed } from "../../../mcp/catalog/index.ts";
import { connect, type Era, probe } from "../../../mcp/check/probe.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";
import { type Bench, openBench } from "../gateway/bench.ts";
import { type Program, startGateway } from "../gateway/programs.ts";
import { hostAddress, podOf, type Running, startContainer } from "./container.ts";
import pinned from "./slack/package.json" with { type: "json" };
import { slackImage, slackPackage } from "./slackImage.ts";
import { startWorkspace, type Workspace } from "./slackWorkspace.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const [entry = expect.fail("the catalog has no slack")] = catalog
  .filter(isDeployed)
  .filter(({ name }) => name === "slack");
const botToken = () => ["xoxb", ...[1, 2, 3].map(() => randomBytes(8).toString("hex"))].join("-");
const [right, wrong] = [botToken(), botToken()];

/** What a bot's token gives. */
const tools = [
  ...["channels_list", "channels_me", "conversations_history", "conversations_join", "conversations_leave"],
  ...["conversations_mark", "conversations_replies", "usergroups_create", "usergroups_list", "usergroups_me"],
  ...["usergroups_update", "usergroups_users_update", "users_search"],
];

describe("Slack's server, as its pod starts it", () => {
  let bench: Bench;
  let image: string;
  let workspace: Workspace;

  beforeAll(async () => {
    bench = await openBench();
    const { cache, folder } = labOf();
    await ensureEngine(folder, () => {});
    image = await imageOf((await obtain([slackImage], { cache })).get(slackImage.name) ?? "");
    workspace = await startWorkspace(bench.folder, await hostAddress(), right);
    bench.stops.push(() => workspace.close());
  });
  afterAll(() => bench?.close());

  async function start(token: string, proxy = workspace.proxy): Promise<Running> {
    const running = await startContainer(image, podOf(entry, { [vendorTokens.slack.variable]: token }), {
      folder: bench.folder,
      // Where the vendor's image has the authorities that it trusts.
      files: { "/etc/ssl/certs/ca-certificates.crt": workspace.certificate },
      environment: { SLACK_MCP_PROXY: proxy },
    });
    bench.stops.push(async () => {
      await running.signal("SIGKILL");
      await running.ended;
    });
    return running;
  }

  /** A call of a tool by a real client. @returns its text */
  async function call(url: string, era: Era, name: string, input: Record<string, unknown>): Promise<string> {
    const { client, close } = await connect({ url, era });
    try {
      const { content, isError } = await client.callTool({ name, arguments: input });
      return `${isError ? "error: " : ""}${(content as { text?: string }[])[0]?.text ?? ""}`;
    } finally {
      await close();
    }
  }

  test("M1 it is the release that production runs", () => {
    expect(`v${pinned.dependencies[slackPackage]}`).toBe(entry.source.version);
  });

  describe("with its token", () => {
    let running: Running;
    let url: string;
    let gateway: Program;

    beforeAll(async () => {
      running = await start(right);
      url = `http://${await running.ready(entry.port)}:${entry.port}${entry.path}`;
      gateway = await startGateway(bench.binary, bench.folder, {
        host: "127.0.0.1",
        backends: [{ name: entry.name, url, timeout: entry.timeout, tools: entry.toolAllow }],
        auth: { by: "nginx" },
      });
      bench.stops.push(() => gateway.stop());
    });
    const atGateway = () => `http://127.0.0.1:${gateway.port}${vmcp.path}`;

    test("M1 M2 it serves the revisions of its entry at its path, and its tools read Slack", async () => {
      for (const era of eras) {
        const { ready, tools: listed } = await probe({ url, era });
        expect([era, ready]).toEqual([era, entry.revisions.includes(era)]);
        if (ready) expect(listed).toEqual(tools);
      }
      expect(tools).toEqual(expect.arrayContaining(entry.toolAllow ?? []));
      const [channel] = workspace.slack.store.channels;
      if (!channel) throw new Error("no channel");
      const [newest] = workspace.slack.store.newestFirst(channel, 0, Number.MAX_SAFE_INTEGER);
      const [first = "2025-11-25"] = entry.revisions;
      expect(await call(url, first, "channels_list", { channel_types: "public_channel" })).toContain(
        channel.id,
      );
      const history = { channel_id: channel.id, limit: "1" };
      expect(await call(url, first, "conversations_history", history)).toContain(
        String(newest?.message.text),
      );
    });

    test("M3 the gateway offers its tools to clients of both revisions", async () => {
      const search = { query: "a", limit: 1 };
      for (const era of eras) {
        const { tools: offered } = await probe({ url: atGateway(), era });
        expect(offered).toEqual((entry.toolAllow ?? tools).map((tool) => `slack_${tool}`).sort());
        expect(await call(atGateway(), era, "slack_users_search", search)).toMatch(/^UserID,.*\nU0/);
      }
    });

    test("M2 S4 it calls the hosts that its entry names, and workspaces below them, and no other", () => {
      const named = (host: string) => entry.egress.some((one) => `.${host}`.endsWith(`.${one}`));
      expect(workspace.reached.size).toBeGreaterThan(0);
      expect([...workspace.reached].filter((host) => !named(host))).toEqual([]);
    });

    // The last one here.
    test("M2 it ends when it is told to", async () => {
      await gateway.stop();
      bench.stops.pop();
      await running.signal("SIGTERM");
      expect(await running.ended).toBeGreaterThan(0);
    });
  });

  test("M2 with a token that Slack refuses, or without Slack, it ends and says why where Kubernetes keeps it", async () => {
    const nowhere = `http://${await hostAddress()}:1`;
    const cases: [Running, RegExp][] = [
      [await start(wrong), /Authentication failed.*invalid_auth/],
      [await start(right, nowhere), /Authentication failed.*connection refused/],
    ];
    for (const [running, why] of cases) {
      expect(await running.ended).toBe(1);
      expect(running.said().slice(-2048)).toMatch(why);
      expect(running.said()).not.toMatch(new RegExp(`${right}|${wrong}`));
    }
    expect(podOf(entry, { [vendorTokens.slack.variable]: wrong }).container.terminationMessagePolicy).toBe(
      "FallbackToLogsOnError",
    );
  });
});
