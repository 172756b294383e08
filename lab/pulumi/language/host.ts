import { spawn } from "node:child_process";
import grpc from "@grpc/grpc-js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { exitWithEngine } from "../rpc/exitWithEngine.ts";
import type { Children } from "./children.ts";
import { runtimeOptions } from "./options.ts";
import { programDependencies, requiredPackages } from "./packages.ts";
import { runPlugin } from "./plugin.ts";
import { runProgram } from "./program.ts";

/** Answers a unary call with the result or the error of `handle`. */
function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
      );
  };
}

/** Answers a streaming call. The stream ends when `handle` returns. */
function streaming<Request, Response>(
  handle: (call: grpc.ServerWritableStream<Request, Response>) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Response> {
  return (call) => {
    handle(call).then(
      () => call.end(),
      (error: Error) => call.emit("error", { code: grpc.status.UNKNOWN, details: error.message }),
    );
  };
}

/** Runs `npm install` for `pulumi install` and streams its output to the caller. */
async function installDependencies(
  call: grpc.ServerWritableStream<
    languageMessages.InstallDependenciesRequest,
    languageMessages.InstallDependenciesResponse
  >,
): Promise<void> {
  const info = call.request.getInfo();
  runtimeOptions(info);
  const write = (chunk: Uint8Array, stream: "stdout" | "stderr") => {
    const response = new languageMessages.InstallDependenciesResponse();
    if (stream === "stdout") response.setStdout(chunk);
    else response.setStderr(chunk);
    call.write(response);
  };
  write(Buffer.from("Installing dependencies...\n\n"), "stdout");
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn("npm", ["install", "--loglevel=error"], {
      cwd: info?.getProgramDirectory(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => write(chunk, "stdout"));
    child.stderr.on("data", (chunk) => write(chunk, "stderr"));
    child.on("error", reject);
    child.on("close", resolve);
    call.on("cancelled", () => child.kill("SIGTERM"));
  });
  if (code !== 0) throw new Error(`npm install failed with exit code ${code}`);
  write(Buffer.from("Finished installing dependencies\n\n"), "stdout");
}

/** The language runtime service. gRPC answers UNIMPLEMENTED to its other methods. */
export function languageRuntime(
  version: string,
  engine: string,
  children: Children,
): grpc.UntypedServiceImplementation {
  let engineAddress = engine;
  return {
    handshake: unary((request: languageMessages.LanguageHandshakeRequest) => {
      engineAddress = request.getEngineAddress();
      exitWithEngine(engineAddress, () => process.kill(process.pid, "SIGTERM"));
      return new languageMessages.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    getRequiredPackages: unary(async (request: languageMessages.GetRequiredPackagesRequest) => {
      const response = new languageMessages.GetRequiredPackagesResponse();
      for (const each of await requiredPackages(request.getInfo()?.getProgramDirectory() ?? ".")) {
        const dependency = new pluginMessages.PackageDependency();
        dependency.setKind("resource");
        dependency.setName(each.name);
        dependency.setVersion(each.version);
        dependency.setServer(each.server ?? "");
        response.addPackages(dependency);
      }
      return response;
    }),
    run: unary((request: languageMessages.RunRequest) => {
      if (!engineAddress)
        throw new Error("when debugging or running explicitly, must call Handshake before Run");
      if (request.getAttachDebugger()) throw new Error("attaching a debugger is not supported by the lab");
      return runProgram(request, engineAddress, children);
    }),
    runPlugin: streaming((call) => runPlugin(call, children)),
    installDependencies: streaming(installDependencies),
    runtimeOptionsPrompts: unary(() => new languageMessages.RuntimeOptionsResponse()),
    about: unary((request: languageMessages.AboutRequest) => {
      runtimeOptions(request.getInfo());
      const response = new languageMessages.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      response.getMetadataMap().set("packagemanager", "npm");
      return response;
    }),
    getProgramDependencies: unary(async (request: languageMessages.GetProgramDependenciesRequest) => {
      const response = new languageMessages.GetProgramDependenciesResponse();
      const folder = request.getInfo()?.getProgramDirectory() ?? ".";
      for (const { name, version } of await programDependencies(
        folder,
        request.getTransitivedependencies(),
      )) {
        const dependency = new languageMessages.DependencyInfo();
        dependency.setName(name);
        dependency.setVersion(version);
        response.addDependencies(dependency);
      }
      return response;
    }),
    cancel: unary(() => {
      children.interrupt();
      return new empty.Empty();
    }),
  };
}
