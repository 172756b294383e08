import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  checkPorts,
  isAt,
  listenersIn,
  othersAddresses,
  takenPorts,
} from "../../../../../lab/commands/preflight/ports.ts";
import { checkSettings, checkSettingsFile } from "../../../../../lab/commands/preflight/settings.ts";
import { troubleIn } from "../../../../../lab/commands/update.ts";
import { repository } from "../../../../../tools/repository.ts";

const text = readFileSync(join(repository, "Pulumi.local.yaml"), "utf8");
const refusal = (given: string): string => {
  try {
    checkSettings(given, "Pulumi.local.yaml");
    return "";
  } catch (error) {
    return String(error);
  }
};

describe("the stack file, before anything is built", () => {
  test("as it is in the repository passes", () => {
    expect(refusal(text)).toBe("");
  });

  test("every fault is told at once, with file and path", () => {
    const said = refusal(
      text.replace("monthlyUsd: 3500", "monthlyUsd: -1").replace("memory: 256Mi", "memroy: 256Mi"),
    );
    expect(said).toContain(
      "Pulumi.local.yaml: 2 settings of stack local cannot be used (nothing was created)",
    );
    expect(said).toContain("redis.memroy: unknown setting; did you mean memory?");
    expect(said).toContain("budget.monthlyUsd:");
  });

  test("what is no YAML is told with file and line", () => {
    expect(refusal(text.replace("monthlyUsd: 3500 }", "monthlyUsd: 3500"))).toMatch(
      /Pulumi\.local\.yaml is not YAML: .* at line \d+, column \d+/,
    );
    expect(refusal("config: [1]")).toContain("Pulumi.local.yaml: config is not a map");
    expect(refusal("- config")).toContain("Pulumi.local.yaml is not a map; expected settings like");
    expect(refusal("config:\n  sophia-infra:redis: *shared\n")).toMatch(
      /Pulumi\.local\.yaml is not YAML: Unresolved alias .*shared/,
    );
    expect(refusal("")).toContain("hosts: missing");
  });

  test("what Pulumi would not take for a setting is told, with how to write it", () => {
    const renamed = (key: string) => refusal(text.replace("sophia-infra:redis:", key));
    expect(renamed("redis:")).toContain("  redis: has no project; write it sophia-infra:redis");
    expect(renamed("sophia_infra:redis:")).toContain("did you mean sophia-infra:redis?");
    expect(renamed("kubernetes:context:")).toBe("");
    expect(refusal(text.replace("config:", "configs:"))).toContain(
      "configs: unknown part; did you mean config?",
    );
  });

  test("M1 an MCP server that does not exist is told with the other faults, before anything is built", () => {
    const said = refusal(text.replace("- notion", "- notoin").replace("memory: 256Mi", "memroy: 256Mi"));
    expect(said).toContain("2 settings of stack local");
    expect(said).toMatch(/mcp\.enabled\[\d+\]: there is no MCP server notoin; did you mean notion\?/);
  });

  test("a secret in the clear is told, one that the lab makes is not asked for", () => {
    const said = refusal(`${text}\n  sophia-infra:lambdaApiKey: abcdef\n`);
    expect(said).toContain("lambdaApiKey: is in the clear");
    expect(said).toContain("1 setting of");
  });

  test("a file that is not there is named", async () => {
    await expect(checkSettingsFile("/nowhere/Pulumi.local.yaml")).rejects.toThrow(
      "/nowhere/Pulumi.local.yaml does not exist",
    );
  });
});

describe("ports of the hosts", () => {
  const lab = { name: "mine", folder: "/labs/mine" };
  /** Somebody who listens, on an address that no lab claims. */
  async function listener(host: string): Promise<number> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, host, done));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  test("one that somebody has is named, with who it is, also where he listens on all addresses", async () => {
    const port = await listener("0.0.0.0");
    const [said, ...more] = await takenPorts(["127.20.255.11", "127.20.255.12"], [port]);
    expect(said).toMatch(
      new RegExp(
        `^127\\.20\\.255\\.11:${port}: (.+ \\(process ${process.pid}\\)|another program) uses this port`,
      ),
    );
    expect(more).toEqual([]);
  });

  test("the lab's hosts are not launched where one is taken", async () => {
    // The first host's address, as the emulated Lambda Cloud gives it.
    const port = await listener("127.20.255.11");
    await expect(checkPorts(lab, "127.20.255", 1, [port])).rejects.toThrow(
      /^ports that the lab's hosts need are in use:\n {2}127\.20\.255\.11:\d+: .+\nStop that program/,
    );
  });

  test("one that is free, or that somebody has on an address of his own, is no trouble", async () => {
    const port = await listener("127.20.255.12");
    expect(await takenPorts(["127.20.255.11"], [port])).toEqual([]);
    await expect(checkPorts(lab, "127.20.255", 0)).resolves.toBeUndefined();
  });

  test("those that the lab's own containers publish are no trouble, another lab's container is named", async () => {
    const port = await listener("127.20.255.11");
    const folder = mkdtempSync(join(tmpdir(), "docker-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const listed = `sophia-one-1ab0\\t/labs/one\\t127.20.255.11:${port}->22/tcp, :::${port}->22/tcp\\nother\\t\\t\\n`;
    writeFileSync(join(folder, "docker"), `#!/bin/sh\nprintf '${listed}'\n`, { mode: 0o755 });
    vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
    onTestFinished(() => void vi.unstubAllEnvs());
    const [one, two] = ["one", "two"].map((name) => ({ name, folder: `/labs/${name}` }));
    if (!one || !two) throw new Error("no labs");
    expect(await takenPorts(["127.20.255.11"], [port], one)).toEqual([]);
    const said = `127.20.255.11:${port}: container sophia-one-1ab0 of /labs/one uses this port, there or on all addresses`;
    expect(await takenPorts(["127.20.255.11"], [port], two)).toEqual([said]);
    // At the address of a server, which is no container.
    expect(await takenPorts(["127.20.255.11"], [port])).toEqual([said]);
    expect(await othersAddresses(two)).toEqual(["127.20.255.11"]);
    expect(await othersAddresses(one)).toEqual([]);
  });

  test("only what listens counts", () => {
    const head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    const row = (state: string) =>
      `   0: 00000000:0016 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0`;
    expect(listenersIn([head, row("0A"), row("01"), ""].join("\n"))).toEqual([
      { address: "00000000", port: 22, inode: "4711" },
    ]);
  });

  test("who listens at the same port of another address is not blamed", async () => {
    const port = await listener("127.20.255.12");
    const code = `require("net").createServer().listen(${port}, "127.20.255.11", () => console.log("ready"))`;
    const other = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void other.kill("SIGKILL"));
    await once(other.stdout, "data");
    const holders = await Promise.all(["11", "12"].map((last) => takenPorts([`127.20.255.${last}`], [port])));
    expect(holders.flat()).toEqual([
      expect.stringContaining(`(process ${other.pid})`),
      expect.stringContaining(`(process ${process.pid})`),
    ]);
  });

  test.each([
    ["0B01147F", true],
    ["0C01147F", false],
    ["00000000", true],
    ["0".repeat(32), true],
    ["0000000000000000FFFF00000B01147F", true],
    ["0000000000000000FFFF000000000000", true],
    ["00000000000000000000000001000000", false],
    // An address of IPv6 that ends alike.
    ["B80D012000000000000000000B01147F", false],
  ])("a socket at %s has 127.20.1.11: %s", (address, is) =>
    expect(isAt("127.20.1.11", { address })).toBe(is),
  );
});

test("what the emulator could not make is said once, in its words", () => {
  const line = (id: string) =>
    `2026-01-01T00:00:00.000Z machine ${id} its machine could not be created: machine cannot have port 22`;
  expect(troubleIn([line("1ab0"), line("1ab0"), "2026 GET /instances 200", ""].join("\n"))).toEqual([
    "its machine could not be created: machine cannot have port 22",
  ]);
});
