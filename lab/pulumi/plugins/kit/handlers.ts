import type grpc from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { EngineLog } from "../../rpc/engine.ts";
import type { CheckRequest, DiffRequest, Provider, RequestContext } from "./provider.ts";
import { parseUrn } from "./urn.ts";
import { diffResponse } from "./wire/diffResponse.ts";
import { serviceError } from "./wire/errors.ts";
import {
  decodeRequest,
  encodeResponse,
  type Request,
  type Response,
  requests,
  responses,
} from "./wire/messages.ts";

export interface HandlerOptions {
  log: EngineLog;
  /** Aborted when the user cancels and when the engine ends. */
  stopped: AbortController;
}

function contextOf(options: HandlerOptions, urn: string, timeout: number): RequestContext {
  const { signal } = options.stopped;
  return {
    signal: timeout > 0 ? AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]) : signal,
    log: (entry) => options.log.log({ ...entry, urn }),
  };
}

/** Adds the parts of the URN, a signal and a log to a request. */
const complete = <T extends Pick<Request, "urn" | "timeout">>(options: HandlerOptions, request: T) => ({
  ...request,
  ...contextOf(options, request.urn, request.timeout),
  ...parseUrn(request.urn),
});

function checkRequest(options: HandlerOptions, { autonaming, ...request }: Request): CheckRequest {
  const mode = autonaming && (["propose", "enforce", "disable"] as const)[autonaming.mode];
  const chosen = autonaming && mode ? { mode, proposedName: autonaming.proposedName } : undefined;
  return { ...complete(options, request), ...(chosen ? { autonaming: chosen } : {}) };
}

/** Calls that change or read one resource. */
const resourceCalls = (provider: Provider, options: HandlerOptions) => ({
  check: (request: Request) => provider.check(checkRequest(options, request)),
  diff: async (request: Request) => diffResponse(await provider.diff(complete(options, request))),
  async create(request: Request): Promise<Response> {
    const { properties: inputs, ...rest } = complete(options, request);
    const { id, outputs } = await provider.create({ ...rest, inputs });
    return { id, properties: outputs };
  },
  async read(request: Request): Promise<Response> {
    const { properties: state, ...rest } = complete(options, request);
    if (!provider.read) return { id: rest.id, properties: state, inputs: rest.inputs };
    const { id, outputs, inputs } = await provider.read({ ...rest, state });
    return id === "" ? { id } : { id, properties: outputs, inputs };
  },
  async update(request: Request): Promise<Response> {
    return { properties: (await provider.update(complete(options, request))).outputs };
  },
  async delete(request: Request) {
    const { properties: state, ...rest } = complete(options, request);
    await provider.delete?.({ ...rest, state });
    return new empty.Empty();
  },
});

/** Calls that concern the provider's configuration. Providers without the method answer UNIMPLEMENTED. */
function configurationCalls(provider: Provider, options: HandlerOptions) {
  const { checkConfig, diffConfig } = provider;
  return {
    async configure({ args }: Request) {
      await provider.configure?.(args);
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(provider.autonaming ?? false);
      return response;
    },
    ...(checkConfig && {
      checkConfig: (request: Request) => checkConfig.call(provider, checkRequest(options, request)),
    }),
    ...(diffConfig && {
      diffConfig: async (request: Request) =>
        diffResponse(await diffConfig.call(provider, complete(options, request) satisfies DiffRequest)),
    }),
  };
}

const pluginCalls = (provider: Provider, options: HandlerOptions) => ({
  async invoke({ tok: token, args, preview }: Request): Promise<Response> {
    if (!provider.invoke)
      throw new Error(`function ${token} is not supported by the lab's ${provider.name} plugin`);
    const context = contextOf(options, "", 0);
    const { result, failures = [] } = await provider.invoke({ ...context, token, args, preview });
    return { return: result, failures };
  },
  construct(request: messages.ConstructRequest) {
    throw new Error(`the lab's ${provider.name} plugin does not support components: ${request.getType()}`);
  },
  getPluginInfo() {
    const info = new pluginMessages.PluginInfo();
    info.setVersion(provider.version);
    return info;
  },
  getSchema() {
    const response = new messages.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name: provider.name, version: provider.version }));
    return response;
  },
  cancel() {
    options.stopped.abort(new Error("cancelled by the user"));
    return new empty.Empty();
  },
  attach: () => new empty.Empty(),
});

/** Answers a call with the result of `handle`, or with its error, after everything that it logged. */
const unary =
  (log: EngineLog, handle: (request: never) => unknown): grpc.handleUnaryCall<object, unknown> =>
  (call, callback) => {
    Promise.resolve(call.request as never)
      .then(handle)
      .then(
        (response) => log.flush().then(() => callback(null, response)),
        (error: unknown) => log.flush().then(() => callback(serviceError(error))),
      );
  };

/** One handler for each call of the protocol. gRPC answers UNIMPLEMENTED to calls without a handler. */
export function handlers(provider: Provider, options: HandlerOptions): grpc.UntypedServiceImplementation {
  const calls: Record<string, (request: never) => unknown> = {
    ...resourceCalls(provider, options),
    ...configurationCalls(provider, options),
    ...pluginCalls(provider, options),
  };
  return Object.fromEntries(
    Object.entries(calls).map(([name, handle]) => [name, unary(options.log, handle)]),
  );
}

/** The engine's provider service, in which messages with properties have the kit's encoding. */
export function serviceDefinition(): grpc.ServiceDefinition<grpc.UntypedServiceImplementation> {
  const definition: Record<string, object> = { ...providerRpc.ResourceProviderService };
  for (const [name, table] of Object.entries(requests))
    definition[name] = { ...definition[name], requestDeserialize: decodeRequest(table) };
  for (const [name, table] of Object.entries(responses))
    definition[name] = { ...definition[name], responseSerialize: encodeResponse(table) };
  return definition as unknown as grpc.ServiceDefinition<grpc.UntypedServiceImplementation>;
}
