import grpc from "@grpc/grpc-js";
import { exitWithEngine } from "./exitWithEngine.ts";

/** The SDK's limit. Messages contain whole manifests, which exceed gRPC's default of 4 MiB. */
export const channelOptions = {
  "grpc.max_receive_message_length": 400 * 1024 * 1024,
  "grpc.max_send_message_length": 400 * 1024 * 1024,
};

export interface ServeOptions {
  service: grpc.ServiceDefinition<grpc.UntypedServiceImplementation>;
  /** gRPC answers UNIMPLEMENTED, with the method's name, to methods without an implementation. */
  implementation: grpc.UntypedServiceImplementation;
  /** `host:port` of the engine; the process ends with it. Default: the process runs until a signal. */
  engine?: string | undefined;
  /** Called once before the process ends, for whatever reason. */
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
 * and ends the process when the engine ends or on a signal.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { port } = await listen(options);
  // Also after an uncaught error: a dead engine shows first as a failed write, and commands must not outlive both.
  process.once("exit", () => options.onStop?.());
  const stop = () => process.exit(0);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
  if (options.engine) exitWithEngine(options.engine, stop);
  process.stdout.write(`${port}\n`);
}
