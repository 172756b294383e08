import type grpc from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { EngineLog } from "../../rpc/engine.ts";
import { serve } from "../../rpc/serve.ts";
import { type CheckFailure, nameOf, type Provider, type RequestContext, typeOf } from "./provider.ts";
import { diffResponse, failureDetails } from "./responses.ts";
import { type Properties, propertiesFromWire, propertiesToWire } from "./values.ts";

const read = (value: struct.Struct | undefined): Properties =>
  value ? propertiesFromWire(value.toJavaScript() as Parameters<typeof propertiesFromWire>[0]) : {};
const write = (properties: Properties): struct.Struct =>
  struct.Struct.fromJavaScript(propertiesToWire(properties));

function checkResponse(inputs: Properties, failures: CheckFailure[] = []): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(write(inputs));
  for (const failure of failures) {
    const each = new messages.CheckFailure();
    each.setProperty(failure.property);
    each.setReason(failure.reason);
    response.addFailures(each);
  }
  return response;
}

/** Serves a provider as the plugin process that the engine started. */
export async function serveProvider(provider: Provider): Promise<void> {
  const engine = process.argv[2];
  const log = new EngineLog(engine);
  const stopped = new AbortController();

  const context = (urn: string, timeout = 0): RequestContext => ({
    signal:
      timeout > 0 ? AbortSignal.any([stopped.signal, AbortSignal.timeout(timeout * 1000)]) : stopped.signal,
    log: (entry) => log.log({ ...entry, urn }),
  });
  const unary =
    <Request, Response>(
      handle: (request: Request) => Response | Promise<Response>,
    ): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      Promise.resolve(call.request)
        .then(handle)
        .then(
          async (response) => {
            await log.flush();
            callback(null, response);
          },
          async (error: Error) => {
            await log.flush();
            callback(failureDetails(error));
          },
        );
    };
  const checkRequest = (request: messages.CheckRequest) => ({
    ...context(request.getUrn()),
    urn: request.getUrn(),
    type: typeOf(request.getUrn()),
    name: nameOf(request.getUrn()),
    olds: read(request.getOlds()),
    news: read(request.getNews()),
    randomSeed: request.getRandomseed_asU8(),
  });
  const diffRequest = (request: messages.DiffRequest) => ({
    ...context(request.getUrn()),
    id: request.getId(),
    urn: request.getUrn(),
    type: typeOf(request.getUrn()),
    olds: read(request.getOlds()),
    oldInputs: read(request.getOldInputs()),
    news: read(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  });

  const implementation: grpc.UntypedServiceImplementation = {
    getPluginInfo: unary(() => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(provider.version);
      return info;
    }),
    getSchema: unary(() => {
      const response = new messages.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: provider.name, version: provider.version }));
      return response;
    }),
    configure: unary(async (request: messages.ConfigureRequest) => {
      await provider.configure?.(read(request.getArgs()));
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary(async (request: messages.CheckRequest) => {
      const { inputs, failures } = await provider.check(checkRequest(request));
      return checkResponse(inputs, failures);
    }),
    diff: unary(async (request: messages.DiffRequest) =>
      diffResponse(await provider.diff(diffRequest(request))),
    ),
    create: unary(async (request: messages.CreateRequest) => {
      const urn = request.getUrn();
      const { id, outputs } = await provider.create({
        ...context(urn, request.getTimeout()),
        urn,
        type: typeOf(urn),
        name: nameOf(urn),
        inputs: read(request.getProperties()),
        preview: request.getPreview(),
        timeout: request.getTimeout(),
      });
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(write(outputs));
      return response;
    }),
    read: unary(async (request: messages.ReadRequest) => {
      const urn = request.getUrn();
      const state = read(request.getProperties());
      const inputs = read(request.getInputs());
      const result = provider.read
        ? await provider.read({
            ...context(urn, request.getTimeout()),
            id: request.getId(),
            urn,
            type: typeOf(urn),
            state,
            inputs,
            timeout: request.getTimeout(),
          })
        : { id: request.getId(), outputs: state, inputs };
      const response = new messages.ReadResponse();
      response.setId(result.id);
      if (result.id !== "") {
        response.setProperties(write(result.outputs));
        response.setInputs(write(result.inputs));
      }
      return response;
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const urn = request.getUrn();
      const { outputs } = await provider.update({
        ...context(urn, request.getTimeout()),
        id: request.getId(),
        urn,
        type: typeOf(urn),
        name: nameOf(urn),
        olds: read(request.getOlds()),
        oldInputs: read(request.getOldInputs()),
        news: read(request.getNews()),
        preview: request.getPreview(),
        ignoreChanges: request.getIgnorechangesList(),
        timeout: request.getTimeout(),
      });
      const response = new messages.UpdateResponse();
      response.setProperties(write(outputs));
      return response;
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      const urn = request.getUrn();
      await provider.delete?.({
        ...context(urn, request.getTimeout()),
        id: request.getId(),
        urn,
        type: typeOf(urn),
        state: read(request.getProperties()),
        oldInputs: read(request.getOldInputs()),
        timeout: request.getTimeout(),
      });
      return new empty.Empty();
    }),
    invoke: unary(async (request: messages.InvokeRequest) => {
      const token = request.getTok();
      if (!provider.invoke)
        throw new Error(`function ${token} is not supported by the lab's ${provider.name} plugin`);
      const { result, failures } = await provider.invoke({
        ...context(""),
        token,
        args: read(request.getArgs()),
        preview: request.getPreview(),
      });
      const response = new messages.InvokeResponse();
      response.setReturn(write(result));
      response.setFailuresList(checkResponse({}, failures).getFailuresList());
      return response;
    }),
    cancel: unary(() => {
      stopped.abort(new Error("cancelled by the user"));
      return new empty.Empty();
    }),
    attach: unary(() => new empty.Empty()),
  };
  const { checkConfig, diffConfig } = provider;
  if (checkConfig) {
    implementation.checkConfig = unary(async (request: messages.CheckRequest) => {
      const { inputs, failures } = await checkConfig.call(provider, checkRequest(request));
      return checkResponse(inputs, failures);
    });
  }
  if (diffConfig) {
    implementation.diffConfig = unary(async (request: messages.DiffRequest) =>
      diffResponse(await diffConfig.call(provider, diffRequest(request))),
    );
  }
  await serve({
    service: providerRpc.ResourceProviderService,
    implementation,
    engine,
    onStop: () => stopped.abort(new Error("the engine went away")),
  });
}
