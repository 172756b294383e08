import { applyIgnoreChanges, differences, rootOf } from "./diff.ts";
import type {
  CheckFailure,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  InvokeRequest,
  InvokeResult,
  Provider,
  ReadRequest,
  ReadResult,
  UpdateRequest,
} from "./provider.ts";
import { checkInputs, type Inputs } from "./schema.ts";
import { hasUnknown, type Properties } from "./values.ts";

/** A resource type with a fixed set of inputs. */
export interface ResourceType {
  inputs: Inputs;
  /** Checks inputs against each other. Called only when each is valid and known. */
  check?(inputs: Properties): CheckFailure[];
  /** The inputs as they are compared, e.g. with defaults filled in. Default: unchanged. */
  normalise?(inputs: Properties): Properties;
  create(request: CreateRequest): Promise<CreateResult>;
  /** Default: every change replaces the resource. */
  update?(request: UpdateRequest): Promise<{ outputs: Properties }>;
  read?(request: ReadRequest): Promise<ReadResult>;
  delete?(request: DeleteRequest): Promise<void>;
}

export interface ProviderOptions {
  name: string;
  version: string;
  /** By type token, like `command:remote:Command`. */
  types: Record<string, ResourceType>;
  /** By function token. */
  functions?: Record<string, (request: InvokeRequest) => Promise<InvokeResult>>;
}

/** A provider of resource types with fixed inputs. It refuses other types, inputs and functions by name. */
export function providerOf(options: ProviderOptions): Provider {
  const known = (names: object) => Object.keys(names).sort().join(", ");
  const typeFor = (token: string): ResourceType => {
    const type = options.types[token];
    if (type) return type;
    throw new Error(
      `resource type ${token} is not supported by the lab's ${options.name} plugin; supported: ${known(options.types)}`,
    );
  };
  return {
    name: options.name,
    version: options.version,
    configure(config) {
      const keys = Object.keys(config).filter((key) => key !== "version" && !key.startsWith("__"));
      if (keys.length > 0) {
        throw new Error(`provider ${options.name} has no configuration settings, got ${keys.join(", ")}`);
      }
    },
    async check(request) {
      const type = typeFor(request.type);
      const { inputs, failures } = checkInputs(type.inputs, request.news);
      if (failures.length === 0 && !hasUnknown(inputs)) failures.push(...(type.check?.(inputs) ?? []));
      return { inputs, failures };
    },
    async diff(request) {
      const type = typeFor(request.type);
      const normal = (inputs: Properties) => type.normalise?.(inputs) ?? inputs;
      const news = applyIgnoreChanges(request.ignoreChanges, request.oldInputs, request.news);
      const changed = differences(normal(request.oldInputs), normal(news));
      const replaces = (path: string) => !type.update || type.inputs[rootOf(path)]?.replace === true;
      return {
        detailed: new Map(
          [...changed].map(([path, kind]) => [path, { kind, replace: replaces(path), inputDiff: true }]),
        ),
      };
    },
    create: (request) => typeFor(request.type).create(request),
    async read(request) {
      const type = typeFor(request.type);
      return type.read
        ? type.read(request)
        : { id: request.id, outputs: request.state, inputs: request.inputs };
    },
    update(request) {
      const type = typeFor(request.type);
      if (!type.update) throw new Error(`${request.type} ${request.name} cannot be updated in place`);
      const news = applyIgnoreChanges(request.ignoreChanges, request.oldInputs, request.news);
      return type.update({ ...request, news });
    },
    async delete(request) {
      await typeFor(request.type).delete?.(request);
    },
    async invoke(request) {
      const handle = options.functions?.[request.token];
      if (!handle)
        throw new Error(`function ${request.token} is not supported by the lab's ${options.name} plugin`);
      return handle(request);
    },
  };
}
