import grpc from "@grpc/grpc-js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, onTestFinished, test } from "vitest";
import { handlers, serviceDefinition } from "../../../../../../lab/pulumi/plugins/kit/handlers.ts";
import { InitializationFailed, type Provider } from "../../../../../../lab/pulumi/plugins/kit/provider.ts";
import { Secret } from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import { EngineLog } from "../../../../../../lab/pulumi/rpc/engine.ts";
import { listen } from "../../../../../../lab/pulumi/rpc/serve.ts";

const urn = "urn:pulumi:dev::project::a:b:Parent$test:index:Thing::na::me";
const properties = (value: Record<string, never>) => struct.Struct.fromJavaScript(value);
const notCalled = () => Promise.reject(new Error("not expected"));

/** A client of the engine's protocol, connected to a provider in this process. */
async function connect(provider: Partial<Provider>) {
  const full = {
    name: "test",
    version: "1.2.3",
    check: notCalled,
    diff: notCalled,
    create: notCalled,
    update: notCalled,
    ...provider,
  };
  const { server, port } = await listen({
    service: serviceDefinition(),
    implementation: handlers(full, { log: new EngineLog(undefined), stopped: new AbortController() }),
  });
  const client = new providerRpc.ResourceProviderClient(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
  );
  onTestFinished(() => {
    client.close();
    server.forceShutdown();
  });
  type Method = (request: object, done: (error: grpc.ServiceError | null, response: never) => void) => void;
  const call = <Response>(method: string, request: object): Promise<Response> =>
    new Promise((resolve, reject) =>
      (client as unknown as Record<string, Method>)[method]?.(request, (error, response) =>
        error ? reject(error) : resolve(response),
      ),
    );
  return { call };
}

test("a create gets the inputs and the parts of the URN, and its outputs reach the engine", async () => {
  const seen: unknown[] = [];
  const { call } = await connect({
    async create({ inputs, type, name, preview, timeout }) {
      seen.push({ inputs, type, name, preview, timeout });
      return { id: "7", outputs: { ...inputs, hidden: new Secret("x") } };
    },
  });
  const request = new messages.CreateRequest();
  request.setUrn(urn);
  request.setProperties(properties({ a: 1 } as never));
  request.setPreview(true);
  request.setTimeout(60);
  const response = await call<messages.CreateResponse>("create", request);
  expect(seen).toEqual([
    { inputs: { a: 1 }, type: "test:index:Thing", name: "na::me", preview: true, timeout: 60 },
  ]);
  expect(response.getId()).toBe("7");
  expect(response.getProperties()?.toJavaScript()).toMatchObject({ a: 1, hidden: { value: "x" } });
});

test("a resource that did not become ready is in the details of the error, with its reasons", async () => {
  const { call } = await connect({
    create: () => Promise.reject(new InitializationFailed("7", "no pod is ready", { a: 1 }, ["image"])),
  });
  const request = new messages.CreateRequest();
  request.setUrn(urn);
  const error = await call("create", request).catch((cause: grpc.ServiceError) => cause);
  expect(error).toMatchObject({ code: grpc.status.UNKNOWN, details: "no pod is ready" });
  const [bytes] = (error as grpc.ServiceError).metadata.get("grpc-status-details-bin");
  const [detail] = statusMessages.Status.deserializeBinary(Buffer.from(bytes ?? "")).getDetailsList();
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? Buffer.of());
  expect(failed.getId()).toBe("7");
  expect(failed.getProperties()?.toJavaScript()).toEqual({ a: 1 });
  expect(failed.getReasonsList()).toEqual(["no pod is ready", "image"]);
});

test("a diff reports changes, replacements and whether old or new comes first", async () => {
  const { call } = await connect({
    diff: async () => ({
      detailed: new Map([
        ["a", { kind: "update", replace: true, inputDiff: true }],
        ["b", { kind: "add", replace: false, inputDiff: false }],
      ]),
      deleteBeforeReplace: true,
    }),
  });
  const request = new messages.DiffRequest();
  request.setUrn(urn);
  const response = await call<messages.DiffResponse>("diff", request);
  const { Kind } = messages.PropertyDiff;
  expect(response.getChanges()).toBe(messages.DiffResponse.DiffChanges.DIFF_SOME);
  expect(response.getReplacesList()).toEqual(["a"]);
  expect(response.getDiffsList()).toEqual(["a", "b"]);
  expect(response.getDeletebeforereplace()).toBe(true);
  expect(response.getDetaileddiffMap().get("a")?.toObject()).toEqual({
    kind: Kind.UPDATE_REPLACE,
    inputdiff: true,
  });
  expect(response.getDetaileddiffMap().get("b")?.toObject()).toEqual({ kind: Kind.ADD, inputdiff: false });
});

test("the configuration arrives as properties; a provider without a check of it says UNIMPLEMENTED", async () => {
  const configured: unknown[] = [];
  const { call } = await connect({ autonaming: true, configure: (config) => void configured.push(config) });
  const request = new messages.ConfigureRequest();
  request.getVariablesMap().set("test:config:a", "ignored");
  request.setArgs(properties({ a: "b", flag: true } as never));
  const response = await call<messages.ConfigureResponse>("configure", request);
  expect(configured).toEqual([{ a: "b", flag: true }]);
  expect(response.toObject()).toMatchObject({
    acceptsecrets: true,
    supportspreview: true,
    supportsAutonamingConfiguration: true,
  });
  const check = new messages.CheckRequest();
  check.setUrn(urn);
  await expect(call("checkConfig", check)).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED });
});

test("a read without a method of the provider returns the state; functions it lacks are refused by name", async () => {
  const { call } = await connect({});
  const request = new messages.ReadRequest();
  request.setUrn(urn);
  request.setId("7");
  request.setProperties(properties({ a: 1 } as never));
  const response = await call<messages.ReadResponse>("read", request);
  expect([response.getId(), response.getProperties()?.toJavaScript()]).toEqual(["7", { a: 1 }]);
  const invoke = new messages.InvokeRequest();
  invoke.setTok("test:index:find");
  await expect(call("invoke", invoke)).rejects.toMatchObject({
    details: "function test:index:find is not supported by the lab's test plugin",
  });
});

test("cancelling aborts the running operation", async () => {
  const started = Promise.withResolvers<void>();
  const { call } = await connect({
    create: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        started.resolve();
      }),
  });
  const request = new messages.CreateRequest();
  request.setUrn(urn);
  const creating = call("create", request).catch((error: grpc.ServiceError) => error.details);
  await started.promise;
  await call("cancel", new empty.Empty());
  expect(await creating).toBe("cancelled by the user");
});
