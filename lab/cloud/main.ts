import { join } from "node:path";
import { messageOf } from "../../components/core/errors.ts";
import { loadDriver } from "./drivers.ts";
import { parseOptions, readKeys, usage } from "./options.ts";
import { startCloud } from "./start.ts";

/** Runs the emulator as a process of its own until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const apiKeys = readKeys(options.apiKeyFile);
  const driver = await loadDriver(options);
  const available = await driver.available();
  if (!available.ok) throw new Error(`${available.reason}. ${available.fix}`);
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  const cloud = await startCloud({
    driver,
    host: options.host,
    port: options.port,
    lab: options.lab,
    addressPrefix: options.addresses,
    apiKeys,
    fileSystems: options.labFolder && join(options.labFolder, "filesystems"),
    machinesDieWithProcess: options.driver === "fake",
    stateFile: options.state,
    seed: options.seed,
    speed: options.speed,
    log,
  });
  console.log(`ready ${cloud.url} lab=${options.lab} driver=${options.driver} speed=${options.speed}`);
  let closing = false;
  const close = (signal: string) => {
    if (closing) return;
    closing = true;
    log(`${signal}: closing, machines go on running`);
    cloud.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGTERM", close);
  process.on("SIGINT", close);
}

function fail(error: unknown): never {
  console.error(`lab/cloud: ${messageOf(error)}`);
  process.exit(1);
}

if (process.argv.includes("--help")) console.log(usage);
else main().catch(fail);
