import { createRequire } from "node:module";
import { join } from "node:path";
import type languageMessages from "@pulumi/pulumi/proto/language_pb.js";

/** `runtime.options` of Pulumi.yaml, as far as this host supports them. */
export interface RuntimeOptions {
  /** Run through ts-node. Default true, as in the official host. */
  typescript: boolean;
  tsconfig?: string;
  nodeargs: string[];
}

const known = ["typescript", "tsconfig", "nodeargs", "packagemanager", "production"];

/** Reads the options. @throws with the name of an unknown or invalid option */
export function runtimeOptions(info: languageMessages.ProgramInfo | undefined): RuntimeOptions {
  const given: Record<string, unknown> = info?.getOptions()?.toJavaScript() ?? {};
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw new Error(`unknown runtime option ${name}; supported options: ${known.join(", ")}`);
  }
  const { typescript = true, tsconfig, nodeargs = "", packagemanager = "npm" } = given;
  if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
  if (tsconfig !== undefined && typeof tsconfig !== "string")
    throw new Error("tsconfigpath option must be a string");
  if (typeof nodeargs !== "string") throw new Error("nodeargs option must be a string");
  if (/["'\\]/.test(nodeargs))
    throw new Error("nodeargs with quotes or backslashes is not supported by the lab");
  if (packagemanager !== "npm" && packagemanager !== "auto") {
    throw new Error(`packagemanager ${String(packagemanager)} is not supported by the lab; use npm`);
  }
  return {
    typescript,
    ...(tsconfig === undefined ? {} : { tsconfig }),
    nodeargs: nodeargs.split(/\s+/).filter(Boolean),
  };
}

/** The environment variables by which `@pulumi/pulumi` receives the options. */
export function optionsEnvironment(options: RuntimeOptions): Record<string, string> {
  return {
    ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
  };
}

/** Resolves a module of `@pulumi/pulumi` as the program in that folder does. */
export function locate(module: string, folder: string, install: string): string {
  try {
    return createRequire(join(folder, "package.json")).resolve(module);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND") {
      throw new Error(`It looks like the Pulumi SDK has not been installed. Have you run ${install}?`, {
        cause,
      });
    }
    throw cause;
  }
}
