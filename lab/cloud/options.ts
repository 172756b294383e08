import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { messageOf } from "../../components/core/errors.ts";
import { describe } from "../../components/settings/faults.ts";

export const usage = `Usage: node lab/cloud/main.ts --listen <host:port> --state <file> --driver <docker|fake>
       --lab <name> --api-key-file <file> [--lab-folder <folder> --image <name>]
       [--addresses 127.20.0] [--speed 30] [--seed <text>]

  --listen        where to answer, like 127.0.0.1:7600; port 0 takes a free one and the ready line names it
  --state         file that keeps the account; made when missing
  --driver        docker runs real hosts in containers, fake only pretends
  --lab           owner of the machines: only its own are ever touched
  --api-key-file  keys that are let in, one a line
  --lab-folder    the lab's own folder: labels its machines, holds their file systems (docker)
  --image         image of the machines (docker)
  --addresses     first three parts of the instances' public addresses
  --speed         emulated seconds per second; 0 stands still until told otherwise under /_lab
  --seed          for ids that repeat; used only when the state file is new`;

const schema = z.strictObject({
  listen: z.string().regex(/^[^:]+:\d+$/, "an address and a port, like 127.0.0.1:7600"),
  state: z.string().min(1),
  driver: z.enum(["docker", "fake"]),
  lab: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "up to 31 lower-case letters, digits and dashes"),
  "api-key-file": z.string().min(1),
  "lab-folder": z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  addresses: z
    .string()
    .regex(/^127\.\d{1,3}\.\d{1,3}$/, "the first three parts of a loopback network, like 127.20.0")
    .default("127.20.0"),
  speed: z.coerce.number().nonnegative().max(100_000).default(30),
  seed: z.string().min(1).optional(),
});

export interface Options {
  host: string;
  port: number;
  state: string;
  driver: "docker" | "fake";
  lab: string;
  apiKeyFile: string;
  labFolder: string | undefined;
  image: string | undefined;
  addresses: string;
  speed: number;
  seed: string | undefined;
}

/** Reads the command line; an error names every option at fault. */
export function parseOptions(args: string[]): Options {
  const names = Object.keys(schema.shape);
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const result = schema.safeParse(values);
  if (!result.success) {
    const faults = result.error.issues
      .flatMap((issue) => describe(issue, schema, values))
      .map(({ path, message }) => `--${path}: ${message}`);
    throw new Error(`${faults.join("\n")}\n\n${usage}`);
  }
  const { listen, "api-key-file": apiKeyFile, "lab-folder": labFolder, ...rest } = result.data;
  const colon = listen.lastIndexOf(":");
  return {
    ...rest,
    seed: rest.seed,
    image: rest.image,
    labFolder,
    apiKeyFile,
    host: listen.slice(0, colon),
    port: Number(listen.slice(colon + 1)),
  };
}

/** API keys of a file, one a line. */
export function readKeys(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read the API keys: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const keys = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (keys.length === 0) throw new Error(`${file} holds no API key: write one a line`);
  return keys;
}
