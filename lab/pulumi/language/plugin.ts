import { fileURLToPath } from "node:url";
import type grpc from "@grpc/grpc-js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import { type Children, type Ending, stop } from "./children.ts";
import { locate, optionsEnvironment, runtimeOptions } from "./options.ts";
import { type PolicyProxy, policyEnvironment, policyProxy } from "./policyProxy.ts";

type Call = grpc.ServerWritableStream<languageMessages.RunPluginRequest, languageMessages.RunPluginResponse>;

const send = (call: Call, stream: "stdout" | "stderr") => (chunk: Uint8Array) => {
  const response = new languageMessages.RunPluginResponse();
  if (stream === "stdout") response.setStdout(chunk);
  else response.setStderr(chunk);
  call.write(response);
};

/** `K=V` entries as an object. */
function environment(entries: string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** Passes the first line, a port, to `port` and the rest to `rest`. */
function portReader(port: (value: number) => void, rest: (chunk: Buffer) => void): (chunk: Buffer) => void {
  let head: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (!head) return rest(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\n");
    if (end < 0) return;
    port(Number(head.subarray(0, end).toString()));
    const after = head.subarray(end + 1);
    head = undefined;
    if (after.length > 0) rest(after);
  };
}

function failure(ending: Ending): Error | undefined {
  if (ending.kind === "failed") {
    return new Error(
      `Problem executing plugin program (could not run language executor): ${ending.error.message}`,
    );
  }
  if (ending.kind === "signal") return new Error(`Program was ended by ${ending.signal}`);
  return ending.code === 0 ? undefined : new Error(`Program exited with non-zero exit code: ${ending.code}`);
}

/** Loaded before the plugin's own program. */
const modules = ["../keepCompiled.ts", "../endWithEngine.ts"].flatMap((module) => [
  "--import",
  fileURLToPath(import.meta.resolve(module)),
]);

/** Runs a plugin that is a Node program: a policy pack or a provider in source form. Returns when the plugin ends. */
export async function runPlugin(call: Call, children: Children): Promise<void> {
  const request = call.request;
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = runtimeOptions(info);
  const analyzer = request.getKind() === "analyzer";
  const entry = analyzer ? "@pulumi/pulumi/cmd/run-policy-pack" : "@pulumi/pulumi/cmd/run-plugin";
  // The SDK's launcher of policy packs loads the TypeScript compiler. A pack that disables it is started directly, in
  // half the time.
  const start = analyzer && !options.typescript ? [] : [locate(entry, folder, `npm install in ${folder}`)];
  const given = request.getArgsList();
  const args = analyzer && start.length > 0 ? [...given, folder] : [folder, ...given];
  const stdout = send(call, "stdout");

  let proxy: PolicyProxy | undefined;
  let extra: Record<string, string> = {};
  if (analyzer) {
    proxy = await policyProxy();
    stdout(Buffer.from(`${proxy.port}\n`));
    extra = policyEnvironment(await proxy.configuration);
  }
  try {
    const { process: child, ended } = children.run({
      args: [...modules, ...options.nodeargs, ...start, ...args],
      env: { ...environment(request.getEnvList()), ...optionsEnvironment(options), ...extra },
      cwd: analyzer ? folder : request.getPwd(),
      stdout: proxy ? portReader((port) => void attach(proxy, port), stdout) : stdout,
      stderr: send(call, "stderr"),
    });
    call.on("cancelled", () => stop(child));
    const error = failure(await ended);
    proxy?.fail(error ?? new Error("the policy pack ended"));
    if (error) throw error;
    const response = new languageMessages.RunPluginResponse();
    response.setExitcode(0);
    call.write(response);
  } finally {
    proxy?.close();
  }
}

const attach = (proxy: PolicyProxy, port: number) =>
  proxy
    .attach(port)
    .catch((error: Error) => proxy.fail(new Error(`cannot configure the pack: ${error.message}`)));
