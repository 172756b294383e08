import { randomBytes } from "node:crypto";
import type { Input, Inputs } from "../kit/schema.ts";

const logging: Input = { type: "string", oneOf: ["stdout", "stderr", "stdoutAndStderr", "none"] };
const triggers: Input = { type: "array", replace: true };
const noFiles = "commands return stdout and stderr only";

/** Common inputs of local and remote commands. */
const commandInputs: Inputs = {
  addPreviousOutputInEnv: { type: "boolean" },
  create: { type: "string" },
  delete: { type: "string" },
  environment: { type: "object", each: { type: "string" } },
  logging,
  stdin: { type: "string" },
  triggers,
  update: { type: "string" },
};

export const localCommandInputs: Inputs = {
  ...commandInputs,
  archivePaths: { type: "array", refused: noFiles },
  assetPaths: { type: "array", refused: noFiles },
  dir: { type: "string" },
  interpreter: { type: "array", each: { type: "string" } },
};

/** The defaults are the official plugin's. */
const connection: Input = {
  type: "object",
  required: true,
  secret: true,
  fields: {
    agentSocketPath: { type: "string" },
    dialErrorLimit: { type: "number", default: 10 },
    host: { type: "string", required: true },
    hostKey: { type: "string" },
    password: { type: "string", secret: true },
    perDialTimeout: { type: "number", default: 15 },
    port: { type: "number", default: 22 },
    privateKey: { type: "string", secret: true },
    privateKeyPassword: { type: "string", secret: true },
    proxy: { type: "object", refused: "the lab connects to hosts directly" },
    user: { type: "string", default: "root" },
  },
};

export const remoteCommandInputs: Inputs = { ...commandInputs, connection };

export const copyInputs: Inputs = {
  connection: { ...connection },
  remotePath: { type: "string", required: true },
  source: { type: "asset", required: true },
  triggers,
};

/** An id as in the official plugin: the resource's name and eight random hexadecimal digits. */
export const newId = (name: string): string => name + randomBytes(4).toString("hex");
