import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { messageOf } from "../../components/core/errors.ts";
import { saasCredentials } from "./credentials.ts";
import { serveSaas } from "./serve.ts";

const usage = `Usage: node lab/saas/main.ts --host <address> --port <port> --snowflake-port <port> --folder <folder>
       --venv <folder> --credentials <file> --administrator <user>

  --host            where to answer
  --port            for Gong, HubSpot, Slack, Estuary and the LLM endpoint: /gong, /hubspot, /slack, /estuary,
                    /inference, and /_lab
  --snowflake-port  for Snowflake
  --folder          what a restart must not lose; made when missing
  --venv            Python environment with fakesnow
  --credentials     JSON file with what the vendors let in
  --administrator   user who manages the warehouse`;

const port = z.coerce.number().int().min(0).max(65535);
const schema = z.strictObject({
  host: z.string().min(1),
  port,
  "snowflake-port": port,
  folder: z.string().min(1),
  venv: z.string().min(1),
  credentials: z.string().min(1),
  administrator: z.string().min(1),
});

/** When this lab's vendors came to be: their records are the same after a restart. */
function bornIn(folder: string): number {
  const file = join(folder, "born");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    const now = Date.now();
    writeFileSync(file, String(now));
    return now;
  }
}

/** Runs the vendors as a separate process until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const options = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, { type: "string" as const }]),
  );
  const parsed = schema.safeParse(parseArgs({ options }).values);
  if (!parsed.success) throw new Error(`${z.prettifyError(parsed.error)}\n\n${usage}`);
  const { host, folder, venv, administrator } = parsed.data;
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  const saas = await serveSaas({
    host,
    port: parsed.data.port,
    snowflakePort: parsed.data["snowflake-port"],
    folder,
    venv,
    administrator,
    credentials: saasCredentials.parse(JSON.parse(readFileSync(parsed.data.credentials, "utf8"))),
    born: bornIn(folder),
    log,
  });
  console.log(`ready ${saas.url}, Snowflake ${saas.snowflakeUrl}`);
  let closing = false;
  const close = (signal: string) => {
    if (closing) return;
    closing = true;
    log(`${signal}: closing`);
    saas.close().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", close);
  process.on("SIGINT", close);
}

function fail(error: unknown): never {
  console.error(`lab/saas: ${messageOf(error)}`);
  process.exit(1);
}

if (process.argv.includes("--help")) console.log(usage);
else main().catch(fail);
