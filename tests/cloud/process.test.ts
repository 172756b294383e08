import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ControlClient } from "../../lab/cloud/control/client.ts";
import { loadDriver } from "../../lab/cloud/drivers.ts";
import { parseOptions, readKeys } from "../../lab/cloud/options.ts";
import { startCloud } from "../../lab/cloud/start.ts";
import { CheckedApi } from "../conformance/api.ts";
import { Contract } from "../conformance/contract/contract.ts";
import { somePublicKey } from "./support/cloud.ts";
import { MemoryDriver } from "./support/driver.ts";

const main = fileURLToPath(new URL("../../lab/cloud/main.ts", import.meta.url));
const key = "secret_process_0123";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cloud-process-"));
  writeFileSync(join(folder, "key"), `${key}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

interface Emulator {
  child: ChildProcess;
  url: string;
  api: CheckedApi;
  control: ControlClient;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const defaults = () => ({
  listen: "127.0.0.1:0",
  state: join(folder, "state.json"),
  driver: "fake",
  lab: "process",
  "api-key-file": join(folder, "key"),
});

const start = (options: Record<string, string> = {}) => {
  const args = Object.entries({ ...defaults(), ...options }).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
};

/** Starts the emulator as its own process and reads its ready line. */
async function emulator(options: Record<string, string> = {}): Promise<Emulator> {
  const child = start(options);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^ready (\S+)/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    return {
      child,
      url,
      api: new CheckedApi({ url, key, contract: new Contract() }),
      control: new ControlClient(new URL(url).origin),
      kill: async (signal) => {
        child.kill(signal);
        const [code] = await once(child, "exit");
        return code;
      },
    };
  }
  throw new Error(`the emulator ended without a ready line: ${child.stderr.read()}`);
}

/** Starts it and expects it to end by itself. */
async function refusal(options: Record<string, string>): Promise<string> {
  const child = start(options);
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  return said;
}

async function launch({ api }: Emulator): Promise<string> {
  await api.call("POST", "/ssh-keys", { body: { name: "k", public_key: somePublicKey } });
  const { json, text } = await api.call("POST", "/instance-operations/launch", {
    body: {
      region_name: "us-west-1",
      instance_type_name: "gpu_1x_a10",
      ssh_key_names: ["k"],
      user_data: "planted-secret",
    },
  });
  const id = json.data?.instance_ids?.[0];
  if (!id) throw new Error(text);
  return String(id);
}

test("a killed emulator restarts with the same instances, in the same states", async () => {
  const first = await emulator({ speed: "0" });
  await first.control.setLimits({ enforced: false });
  const id = await launch(first);
  await first.control.advance(240);
  const before = (await first.api.call("GET", `/instances/${id}`)).json;
  await first.kill("SIGKILL");

  const state = readFileSync(join(folder, "state.json"), "utf8");
  expect(state).not.toContain(key);
  expect(state).not.toContain("planted-secret");
  expect(statSync(join(folder, "state.json")).mode & 0o777).toBe(0o600);

  const second = await emulator({ speed: "0" });
  expect((await second.api.call("GET", `/instances/${id}`)).json).toEqual(before);
  expect((await second.control.clock()).now).toBeGreaterThanOrEqual((await second.control.state()).clock);
  expect(await second.kill("SIGTERM")).toBe(0);
});

test("a second emulator on the same port fails with a message, and the first keeps running", async () => {
  const first = await emulator();
  const listen = new URL(first.url).host;
  expect(await refusal({ listen })).toMatch(/cannot listen on .*already running\?/);
  expect((await first.api.call("GET", "/regions")).status).toBe(200);
  expect(await first.kill("SIGINT")).toBe(0);
});

test("a missing key file is an error message and exit code 1", async () => {
  expect(await refusal({ "api-key-file": join(folder, "none") })).toMatch(/^lab\/cloud: cannot read .*none/);
});

test("invalid start options are one error message", async () => {
  writeFileSync(join(folder, "broken.json"), '{"version":1}');
  writeFileSync(join(folder, "empty"), "\n");
  const begin = (stateFile: string) => startCloud({ driver: new MemoryDriver(), apiKeys: [key], stateFile });
  await expect(begin(join(folder, "broken.json"))).rejects.toThrow(/broken\.json is not a state.*delete it/s);
  await expect(begin(join(folder, "key", "state.json"))).rejects.toThrow(/cannot keep its account|ENOTDIR/);
  expect(() => readKeys(join(folder, "empty"))).toThrow(/holds no API key/);
});

test("all errors of the command line are reported together", async () => {
  const args = (change: Record<string, string> = {}) =>
    Object.entries({ ...defaults(), ...change }).map(([name, value]) => `--${name}=${value}`);
  const options = parseOptions(args());
  expect(options).toMatchObject({ host: "127.0.0.1", port: 0, speed: 30, addresses: "127.20.0" });
  const wrong = args({ lab: "Not A Name", speed: "-1", addresses: "10.0.0", listen: "x" });
  for (const option of ["--lab", "--speed", "--addresses", "--listen"])
    expect(() => parseOptions(wrong)).toThrow(`${option}: `);
  expect(() => parseOptions([])).toThrow(
    /--listen: missing; expected text\n(?:.*\n)*--driver: missing; expected one of docker, fake\n/,
  );
  expect(() => parseOptions(["--nope"])).toThrow(/--nope/);
  await expect(loadDriver(parseOptions(args({ driver: "docker" })))).rejects.toThrow(/needs --lab-folder/);
});
