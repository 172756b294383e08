import grpc from "@grpc/grpc-js";
import analyzerRpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerMessages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { channelOptions, listen } from "../rpc/serve.ts";

type StackConfiguration = analyzerMessages.AnalyzerStackConfigureRequest;

/**
 * A proxy between the engine and a policy pack. A pack reads stack and configuration from its environment, but the engine
 * sends them only to a running pack. The proxy receives them first, and the pack starts afterwards.
 */
export interface PolicyProxy {
  port: number;
  /** The stack's configuration from the engine; undefined if the engine made another call first. */
  configuration: Promise<StackConfiguration | undefined>;
  /** Forwards all further calls to the pack on that port. */
  attach(port: number): Promise<void>;
  /** Fails all calls that wait for the pack. */
  fail(error: Error): void;
  close(): void;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** Starts a proxy on a port of its own. */
export async function policyProxy(): Promise<PolicyProxy> {
  const configured = Promise.withResolvers<StackConfiguration | undefined>();
  const pack = Promise.withResolvers<grpc.Client>();
  // The rejection is handled by each call; this prevents an unhandled rejection if there is none.
  pack.promise.catch(() => undefined);

  // Forwarded messages are not decoded: they contain the properties of a whole stack, more than once.
  const service: Record<string, grpc.MethodDefinition<Buffer, Buffer>> = {};
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(analyzerRpc.AnalyzerService)) {
    service[name] = {
      ...method,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    const forward: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      configured.resolve(undefined);
      pack.promise.then(
        (client) => client.makeUnaryRequest(method.path, asIs, asIs, call.request, callback),
        (error: Error) =>
          callback({ code: grpc.status.UNAVAILABLE, details: `policy pack not started: ${error.message}` }),
      );
    };
    implementation[name] = forward;
  }
  const handshake: grpc.handleUnaryCall<unknown, unknown> = (_call, callback) =>
    callback(null, new analyzerMessages.AnalyzerHandshakeResponse());
  const configureStack: grpc.handleUnaryCall<StackConfiguration, unknown> = (call, callback) => {
    configured.resolve(call.request);
    callback(null, new analyzerMessages.AnalyzerStackConfigureResponse());
  };
  const { handshake: greeting, configureStack: naming } = analyzerRpc.AnalyzerService;
  const own = { handshake: greeting, configureStack: naming };
  const { server, port } = await listen({
    service: { ...service, ...own },
    implementation: { ...implementation, handshake, configureStack },
  });
  return {
    port,
    configuration: configured.promise,
    async attach(packPort) {
      const client = new analyzerRpc.AnalyzerClient(
        `127.0.0.1:${packPort}`,
        grpc.credentials.createInsecure(),
        channelOptions,
      );
      const request = await configured.promise;
      if (request) {
        await new Promise<void>((resolve, reject) =>
          client.configureStack(request, (error) =>
            // Older packs do not have this call and read their configuration from the environment alone.
            error && error.code !== grpc.status.UNIMPLEMENTED ? reject(error) : resolve(),
          ),
        );
      }
      pack.resolve(client);
    },
    fail: pack.reject,
    close: () => server.forceShutdown(),
  };
}

/** The environment variables from which a policy pack reads the stack's configuration. */
export function policyEnvironment(configuration: StackConfiguration | undefined): Record<string, string> {
  if (!configuration) return {};
  return {
    PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
    PULUMI_NODEJS_PROJECT: configuration.getProject(),
    PULUMI_NODEJS_STACK: configuration.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configuration.getConfigMap().entries())),
  };
}
