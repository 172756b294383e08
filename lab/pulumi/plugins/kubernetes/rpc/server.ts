import type grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { serviceError } from "./errors.ts";
import type { CheckRequest, Difference, DiffKind, DiffRequest, Provider } from "./provider.ts";
import { decode, encode } from "./values.ts";

type Handler = (
  call: grpc.ServerUnaryCall<never, never>,
  callback: (error: grpc.ServiceError | null, reply: unknown) => void,
) => void;

const unary =
  (work: (request: never) => Promise<unknown>): Handler =>
  (call, callback) => {
    work(call.request).then(
      (reply) => callback(null, reply),
      (error) => callback(serviceError(error), null),
    );
  };

function checkRequest(request: InstanceType<typeof protocol.CheckRequest>): CheckRequest {
  const autonaming = request.getAutonaming();
  const modes = ["propose", "enforce", "disable"] as const;
  const mode = autonaming && modes[autonaming.getMode()];
  return {
    urn: request.getUrn(),
    olds: decode(request.getOlds()),
    news: decode(request.getNews()),
    randomSeed: request.getRandomseed_asU8(),
    ...(autonaming && mode ? { autonaming: { mode, proposedName: autonaming.getProposedName() } } : {}),
  };
}

const diffRequest = (
  request: InstanceType<typeof protocol.DiffRequest> | InstanceType<typeof protocol.UpdateRequest>,
): DiffRequest => ({
  urn: request.getUrn(),
  id: request.getId(),
  olds: decode(request.getOlds()),
  news: decode(request.getNews()),
  ignoreChanges: request.getIgnorechangesList(),
});

function diffResponse(difference: Difference) {
  const kinds: Record<DiffKind, number> = {
    add: protocol.PropertyDiff.Kind.ADD,
    "add-replace": protocol.PropertyDiff.Kind.ADD_REPLACE,
    delete: protocol.PropertyDiff.Kind.DELETE,
    "delete-replace": protocol.PropertyDiff.Kind.DELETE_REPLACE,
    update: protocol.PropertyDiff.Kind.UPDATE,
    "update-replace": protocol.PropertyDiff.Kind.UPDATE_REPLACE,
  };
  const reply = new protocol.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = protocol.DiffResponse.DiffChanges;
  reply.setChanges(difference.changes ? DIFF_SOME : DIFF_NONE);
  reply.setReplacesList(difference.replaces);
  reply.setDeletebeforereplace(difference.deleteBeforeReplace ?? false);
  reply.setDiffsList(difference.diffs ?? []);
  if (difference.detailed) {
    reply.setHasdetaileddiff(true);
    for (const [path, { kind, inputDiff }] of difference.detailed) {
      const property = new protocol.PropertyDiff();
      property.setKind(kinds[kind] as 0);
      property.setInputdiff(inputDiff);
      reply.getDetaileddiffMap().set(path, property);
    }
  }
  return reply;
}

function configureResponse() {
  const reply = new protocol.ConfigureResponse();
  reply.setAcceptsecrets(true);
  reply.setSupportspreview(true);
  reply.setSupportsAutonamingConfiguration(true);
  return reply;
}

function checkFailures(failures: { property: string; reason: string }[]) {
  return failures.map(({ property, reason }) => {
    const failure = new protocol.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
}

/** One handler per call of the protocol; a call that is missing here answers UNIMPLEMENTED by itself. */
export function handlers(
  provider: Provider,
  attach: (engine: string) => void = () => undefined,
): grpc.UntypedServiceImplementation {
  const calls = {
    checkConfig: unary(async (request: InstanceType<typeof protocol.CheckRequest>) => {
      const reply = new protocol.CheckResponse();
      reply.setInputs(request.getNews());
      reply.setFailuresList(checkFailures(await provider.checkConfig(checkRequest(request))));
      return reply;
    }),
    diffConfig: unary(async (request: InstanceType<typeof protocol.DiffRequest>) =>
      diffResponse(await provider.diffConfig(diffRequest(request))),
    ),
    configure: unary(async (request: InstanceType<typeof protocol.ConfigureRequest>) => {
      await provider.configure(new Map(request.getVariablesMap().getEntryList() as [string, string][]));
      return configureResponse();
    }),
    invoke: unary(async (request: InstanceType<typeof protocol.InvokeRequest>) => {
      const reply = new protocol.InvokeResponse();
      reply.setReturn(encode(await provider.invoke(request.getTok(), decode(request.getArgs()))));
      return reply;
    }),
    construct: unary(async (request: InstanceType<typeof protocol.ConstructRequest>) => {
      throw new Error(`the lab's kubernetes plugin does not support components: ${request.getType()}`);
    }),
    check: unary(async (request: InstanceType<typeof protocol.CheckRequest>) => {
      const { inputs, failures } = await provider.check(checkRequest(request));
      const reply = new protocol.CheckResponse();
      reply.setInputs(encode(inputs));
      reply.setFailuresList(checkFailures(failures));
      return reply;
    }),
    diff: unary(async (request: InstanceType<typeof protocol.DiffRequest>) =>
      diffResponse(await provider.diff(diffRequest(request))),
    ),
    create: unary(async (request: InstanceType<typeof protocol.CreateRequest>) => {
      const { id, state } = await provider.create({
        urn: request.getUrn(),
        inputs: decode(request.getProperties()),
        timeout: request.getTimeout(),
        preview: request.getPreview(),
      });
      const reply = new protocol.CreateResponse();
      reply.setId(id);
      reply.setProperties(encode(state));
      return reply;
    }),
    read: unary(async (request: InstanceType<typeof protocol.ReadRequest>) => {
      const { id, state, inputs } = await provider.read({
        urn: request.getUrn(),
        id: request.getId(),
        state: decode(request.getProperties()),
        inputs: decode(request.getInputs()),
      });
      const reply = new protocol.ReadResponse();
      reply.setId(id);
      if (id) reply.setProperties(encode(state));
      if (id) reply.setInputs(encode(inputs));
      return reply;
    }),
    update: unary(async (request: InstanceType<typeof protocol.UpdateRequest>) => {
      const state = await provider.update({
        ...diffRequest(request),
        timeout: request.getTimeout(),
        preview: request.getPreview(),
      });
      const reply = new protocol.UpdateResponse();
      reply.setProperties(encode(state));
      return reply;
    }),
    delete: unary(async (request: InstanceType<typeof protocol.DeleteRequest>) => {
      await provider.delete({
        urn: request.getUrn(),
        id: request.getId(),
        state: decode(request.getProperties()),
        timeout: request.getTimeout(),
      });
      return new empty.Empty();
    }),
    cancel: unary(async () => {
      provider.cancel();
      return new empty.Empty();
    }),
    attach: unary(async (request: InstanceType<typeof plugin.PluginAttach>) => {
      attach(request.getAddress());
      return new empty.Empty();
    }),
    getPluginInfo: unary(async () => {
      const reply = new plugin.PluginInfo();
      reply.setVersion(provider.version);
      return reply;
    }),
    getMapping: unary(async () => new protocol.GetMappingResponse()),
    getMappings: unary(async () => new protocol.GetMappingsResponse()),
  };
  return calls as unknown as grpc.UntypedServiceImplementation;
}
