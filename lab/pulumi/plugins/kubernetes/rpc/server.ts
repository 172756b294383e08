import type grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { serviceError } from "./errors.ts";
import { decodeRequest, encodeReply, type Reply, type Request, replies, requests } from "./messages.ts";
import type { CheckRequest, Difference, DiffKind, Provider } from "./provider.ts";

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

/** A call whose messages carry properties, which we read and write ourselves. */
const plain = (work: (request: Request) => Promise<Reply>): Handler => unary(work as never);

function checkRequest({ autonaming, ...request }: Request): CheckRequest {
  const mode = autonaming && (["propose", "enforce", "disable"] as const)[autonaming.mode];
  return {
    ...request,
    ...(autonaming && mode ? { autonaming: { mode, proposedName: autonaming.proposedName } } : {}),
  };
}

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

/** One handler per call of the protocol; a call that is missing here answers UNIMPLEMENTED by itself. */
export function handlers(provider: Provider): grpc.UntypedServiceImplementation {
  const calls = {
    checkConfig: plain(async (request) => ({
      inputs: request.news,
      failures: await provider.checkConfig(checkRequest(request)),
    })),
    diffConfig: unary(async (request: Request) => diffResponse(await provider.diffConfig(request))),
    configure: unary(async (request: InstanceType<typeof protocol.ConfigureRequest>) => {
      await provider.configure(new Map(request.getVariablesMap().getEntryList() as [string, string][]));
      return configureResponse();
    }),
    invoke: plain(async ({ tok, args }) => ({ return: await provider.invoke(tok, args) })),
    construct: unary(async (request: InstanceType<typeof protocol.ConstructRequest>) => {
      throw new Error(`the lab's kubernetes plugin does not support components: ${request.getType()}`);
    }),
    check: plain((request) => provider.check(checkRequest(request))),
    diff: unary(async (request: Request) => diffResponse(await provider.diff(request))),
    create: plain(async ({ urn, properties, timeout, preview }) => {
      const { id, state } = await provider.create({ urn, inputs: properties, timeout, preview });
      return { id, properties: state };
    }),
    read: plain(async ({ urn, id, properties, inputs }) => {
      const found = await provider.read({ urn, id, state: properties, inputs });
      return found.id ? { id: found.id, properties: found.state, inputs: found.inputs } : { id: "" };
    }),
    update: plain(async (request) => ({ properties: await provider.update(request) })),
    delete: unary(async ({ urn, id, properties, oldInputs, timeout }: Request) => {
      await provider.delete({ urn, id, state: properties, oldInputs, timeout });
      return new empty.Empty();
    }),
    cancel: unary(async () => {
      provider.cancel();
      return new empty.Empty();
    }),
    attach: unary(async () => new empty.Empty()),
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

/** The engine's provider service, with our own reading and writing where properties are carried. */
export function serviceDefinition(): grpc.ServiceDefinition<grpc.UntypedServiceImplementation> {
  const definition: Record<string, object> = { ...service.ResourceProviderService };
  for (const [name, table] of Object.entries(requests))
    definition[name] = { ...definition[name], requestDeserialize: decodeRequest(table) };
  for (const [name, table] of Object.entries(replies))
    definition[name] = { ...definition[name], responseSerialize: encodeReply(table) };
  return definition as unknown as grpc.ServiceDefinition<grpc.UntypedServiceImplementation>;
}
