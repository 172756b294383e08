import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import type { Children } from "./children.ts";
import { locate, optionsEnvironment, runtimeOptions } from "./options.ts";

/** Exit code of the SDK after it has reported the error to the user. */
const alreadyReported = 32;

/** Arguments of `@pulumi/pulumi/cmd/run`, in the official host's order. */
function runArguments(request: languageMessages.RunRequest, engine: string): string[] {
  const info = request.getInfo();
  const flags: [string, string | undefined][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", info?.getProgramDirectory()],
    ["parallel", String(request.getParallel())],
  ];
  return [
    ...flags.flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
}

/** Converts `project:name` to `project:config:name`, which every version of the SDK reads. */
function configJson(entries: Iterable<[string, string]>): string {
  const config: Record<string, string> = {};
  for (const [key, value] of entries) {
    const [namespace, ...name] = key.split(":");
    const bare = name[0] === "config" ? name.slice(1) : name;
    config[`${namespace}:config:${bare.join(":")}`] = value;
  }
  return JSON.stringify(config);
}

/** Runs a program and reports its end with the messages of the official host. */
export async function runProgram(
  request: languageMessages.RunRequest,
  engine: string,
  children: Children,
): Promise<languageMessages.RunResponse> {
  const response = new languageMessages.RunResponse();
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = runtimeOptions(info);
  const entry = process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH || "@pulumi/pulumi/cmd/run";
  const { ended } = children.run({
    args: [...options.nodeargs, locate(entry, folder, "pulumi install"), ...runArguments(request, engine)],
    env: {
      ...process.env,
      ...optionsEnvironment(options),
      PULUMI_CONFIG: configJson(request.getConfigMap().entries()),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
    stdout: (chunk) => process.stdout.write(chunk),
    stderr: (chunk) => process.stderr.write(chunk),
  });
  const ending = await ended;
  if (ending.kind === "failed") {
    response.setError(`Problem executing program (could not run language executor): ${ending.error.message}`);
  } else if (ending.kind === "signal") {
    response.setError(`Program was ended by ${ending.signal}`);
  } else if (ending.code === alreadyReported) {
    response.setBail(true);
  } else if (ending.code !== 0) {
    response.setError(`Program exited with non-zero exit code: ${ending.code}`);
  }
  return response;
}
