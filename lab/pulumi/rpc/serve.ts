import grpc from "@grpc/grpc-js";
import { exitWithEngine } from "./engine.ts";

/** Deployments carry whole manifests: the SDK's own limit, far above gRPC's 4 MiB. */
export const channelOptions = {
  "grpc.max_receive_message_length": 400 * 1024 * 1024,
  "grpc.max_send_message_length": 400 * 1024 * 1024,
};

export interface ServeOptions {
  service: grpc.ServiceDefinition<grpc.UntypedServiceImplementation>;
  /** Methods left out are answered UNIMPLEMENTED with their name by gRPC itself. */
  implementation: grpc.UntypedServiceImplementation;
  /** `host:port` of the engine that started this process. Left out: nobody is watched. */
  engine?: string | undefined;
  /** Called once before the process ends, whatever ends it. */
  onStop?: () => void;
}

/** Serves on a free loopback port. */
export async function listen(options: Pick<ServeOptions, "service" | "implementation">) {
  const server = new grpc.Server(channelOptions);
  server.addService(options.service, options.implementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { server, port };
}

/**
 * Serves a Pulumi plugin: prints the port on the first line of standard output, as the engine expects,
 * and ends the process when the engine goes away or a signal asks for it.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { port } = await listen(options);
  // Also where the process breaks: a dead engine is first felt as a failed write, and commands must not outlive both.
  process.once("exit", () => options.onStop?.());
  const stop = () => process.exit(0);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
  if (options.engine) exitWithEngine(options.engine, stop);
  process.stdout.write(`${port}\n`);
}
