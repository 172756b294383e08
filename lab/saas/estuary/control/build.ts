import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { messageOf } from "../../../../components/core/errors.ts";
import { publishedAt, remapped } from "../plane/collections/fields.ts";
import { propertiesOf } from "../plane/collections/schema.ts";
import { type Connector, connectorOf, violations } from "./connectors.ts";
import {
  type Capture,
  type Collection,
  isInferred,
  type Materialization,
  models,
  sourceName,
} from "./models.ts";
import { decryptConfig, isEncrypted } from "./sops.ts";
import type { DraftSpec, Fault, Incompatible, LiveSpec, Model, SpecType } from "./state.ts";

/** What would be live: type and model by name. */
type Catalog = Record<string, { type: SpecType; model: Model }>;

export interface Build {
  catalog: Catalog;
  /** Specs that the draft changes or adds, without deletions, and tasks that lose a binding by it. */
  changed: string[];
  deleted: string[];
  faults: Fault[];
  incompatible: Incompatible[];
  /** Specs whose `expectPubId` is not what is live. */
  locked: string[];
}

export interface BuildOptions {
  masterKey: Buffer;
  /** Prefixes that the service account administers, each with its slash. */
  prefixes: readonly string[];
}

const nameRule = /^[\p{L}\p{N}._-]+(\/[\p{L}\p{N}._-]+)+$/u;
const zeroId = /^0+$/;

/** Judges a draft against what is live, as Estuary's build does. Pure. */
export function build(
  specs: Record<string, DraftSpec>,
  live: Record<string, LiveSpec>,
  options: BuildOptions,
): Build {
  const result: Build = {
    catalog: Object.fromEntries(
      Object.entries(live).map(([name, { type, model }]) => [name, { type, model }]),
    ),
    changed: [],
    deleted: [],
    faults: [],
    incompatible: [],
    locked: [],
  };
  const deletedTypes = new Map<string, SpecType>();
  for (const [name, spec] of Object.entries(specs)) {
    const there = live[name];
    const fault = (detail: string) =>
      result.faults.push({ name, scope: scopeOf(spec.type ?? there?.type, name), detail });
    if (!nameRule.test(name))
      fault(`invalid catalog name '${name}': letters, numbers, -, _ or . , separated by /`);
    else if (!options.prefixes.some((prefix) => name.startsWith(prefix)))
      fault(
        `User is not authorized to ${spec.type === undefined ? "delete" : "create or change"} this catalog name`,
      );
    if (spec.expectPubId !== undefined && !expected(spec.expectPubId, there)) result.locked.push(name);
    if (spec.type === undefined || spec.model === undefined) {
      if (!there) fault(`this spec is deleted by the draft and there is no such live spec`);
      else deletedTypes.set(name, there.type);
      delete result.catalog[name];
      result.deleted.push(name);
      continue;
    }
    if (there && there.type !== spec.type)
      fault(`this is a live ${there.type} and cannot become a ${spec.type}`);
    result.catalog[name] = { type: spec.type, model: spec.model };
    result.changed.push(name);
    for (const detail of judge(name, spec, options)) fault(detail);
    const recreation = keyChange(spec, there);
    if (recreation.length > 0) {
      result.incompatible.push({ collection: name, requires_recreation: recreation });
      fault(`key change: the live collection has another key; use another name for the collection`);
    }
  }
  resolveReferences(result, live);
  return result;
}

const expected = (id: string, live: LiveSpec | undefined): boolean =>
  live === undefined ? zeroId.test(id) : live.lastPubId === id;

const scopeOf = (type: SpecType | undefined, name: string): string => `flow://${type ?? "unknown"}/${name}`;

function keyChange(spec: DraftSpec, live: LiveSpec | undefined): string[] {
  if (spec.type !== "collection" || live?.type !== "collection") return [];
  return JSON.stringify(spec.model?.key) === JSON.stringify(live.model.key) ? [] : ["keyChange"];
}

/** Faults of one spec on its own. */
function judge(name: string, { type, model }: DraftSpec, options: BuildOptions): string[] {
  if (type === undefined) return [];
  const parsed = (models[type] as z.ZodType).safeParse(model);
  if (!parsed.success)
    return parsed.error.issues.map(
      ({ path, message }) => `parsing ${type} model: ${path.join(".")} ${message}`,
    );
  if (type === "collection") return judgeCollection(parsed.data as Collection);
  return judgeTask(name, type, parsed.data as Capture | Materialization, options);
}

function judgeCollection(collection: Collection): string[] {
  const { key, schema, writeSchema, readSchema, projections = {} } = collection;
  const another =
    readSchema && !isInferred(collection) && !isDeepStrictEqual(readSchema, writeSchema)
      ? ["the lab knows a readSchema that has flow://inferred-schema, or that is the writeSchema"]
      : [];
  const [published = publishedAt, ...more] = Object.keys(projections);
  const others = Object.entries(projections).filter(([, pointer]) => pointer !== "/_meta/uuid/date-time");
  const named = more.length > 0 ? [`the lab knows one projection, not ${more.join(", ")} besides`] : [];
  const unknown = others.map(
    ([field, pointer]) => `projection ${field}: the lab knows /_meta/uuid/date-time, not ${pointer}`,
  );
  const clash = propertiesOf(schema ?? writeSchema ?? {})[published] ? [remapped(published)] : [];
  const keys = key.flatMap((pointer) => {
    let at: unknown = schema ?? writeSchema;
    let required = true;
    for (const part of pointer.slice(1).split("/")) {
      const { properties, required: names } = (at ?? {}) as {
        properties?: Record<string, unknown>;
        required?: string[];
      };
      required &&= names?.includes(part) ?? false;
      at = properties?.[part];
    }
    if (at === undefined) return [`collection key ${pointer} is not in the schema`];
    return required ? [] : [`collection key ${pointer} may not exist: it must be required by the schema`];
  });
  return [...another, ...named, ...unknown, ...clash, ...keys];
}

function judgeTask(
  name: string,
  type: "capture" | "materialization",
  task: Capture | Materialization,
  { masterKey }: BuildOptions,
): string[] {
  const { image, config } = task.endpoint.connector;
  const connector = connectorOf(image);
  if (!connector) return [`failed to fetch connector image ${image}: it is unknown to Estuary`];
  if (connector.kind !== type) return [`image ${image} is a ${connector.kind} connector, not a ${type}`];
  if (!isEncrypted(config))
    return [
      `endpoint configuration of ${name} is not encrypted: it would be stored with its secrets in clear`,
    ];
  const faults: string[] = [];
  try {
    const plain = decryptConfig(masterKey, config);
    faults.push(
      ...violations(connector.endpointSpecSchema, plain).map((text) => `endpoint configuration: ${text}`),
    );
  } catch (error) {
    faults.push(`decrypting endpoint configuration: ${messageOf(error)}`);
  }
  return [...faults, ...judgeResources(connector, task.bindings)];
}

function judgeResources(connector: Connector, bindings: readonly { resource: Model }[]): string[] {
  const seen = new Set<string>();
  return bindings.flatMap(({ resource }, index) => {
    const faults = violations(connector.resourceSpecSchema, resource).map(
      (text) => `binding ${index}, resource: ${text}`,
    );
    const path = connector.resourcePath.map((field) => resource[field] ?? "").join(".");
    if (seen.has(path)) faults.push(`binding ${index}: resource ${path} is bound twice`);
    seen.add(path);
    return faults;
  });
}

/**
 * Every collection that a task names must be in the catalog that would be live. Where the draft is the first to name it,
 * that is a fault; where it deletes what a live binding names, Estuary disables the binding and publishes its task.
 */
function resolveReferences({ catalog, changed, faults }: Build, live: Record<string, LiveSpec>): void {
  for (const [name, { type, model }] of Object.entries(catalog)) {
    const bindings = bindingsOf(type, model);
    const before = new Set(bindingsOf(type, live[name]?.model).map(({ identity }) => identity));
    const lost = bindings.filter(
      ({ collection, binding }) => !binding.disable && catalog[collection]?.type !== "collection",
    );
    faults.push(
      ...lost
        .filter(({ identity }) => !before.has(identity))
        .map(({ collection }) => ({
          name,
          scope: scopeOf(type, name),
          detail: `collection ${collection}, referenced by this ${type}, is not defined`,
        })),
    );
    if (lost.length === 0) continue;
    const off = bindings.map((one) => (lost.includes(one) ? { ...one.binding, disable: true } : one.binding));
    catalog[name] = { type, model: { ...model, bindings: off } };
    if (!changed.includes(name)) changed.push(name);
  }
}

/** Bindings of a task whose model is one; none of any other. */
function bindingsOf(type: SpecType, model: Model | undefined) {
  const parsed = type === "collection" ? undefined : models[type].safeParse(model);
  return (parsed?.data?.bindings ?? []).map((binding) => {
    const collection = "target" in binding ? binding.target : sourceName(binding.source);
    const identity = JSON.stringify([binding.resource, collection]);
    return { collection, identity, binding };
  });
}
