import type { dynamic } from "@pulumi/pulumi";
import type { z } from "zod";
import { recordingInitFailure } from "../../components/core/provider/initFailed.ts";
import { unknownValue } from "../../components/core/provider/unknown.ts";
import { configured, configureWith } from "./context.ts";
import type { Handler } from "./handler.ts";

type Bag = Record<string, unknown>;
const providerKey = "__provider";
const withoutProvider = ({ [providerKey]: _, ...rest }: Bag): Bag => rest;

/** Faults of the inputs, except those caused by a value that is not known yet. */
export function faultsOf(schema: z.ZodType, inputs: Bag): dynamic.CheckFailure[] {
  const result = schema.safeParse(inputs);
  if (result.success) return [];
  return result.error.issues
    .filter((issue) => !isUnknownAt(inputs, issue.path))
    .map((issue) => ({ property: issue.path.map(String).join("."), reason: issue.message }));
}

function isUnknownAt(value: unknown, path: readonly PropertyKey[]): boolean {
  if (value === unknownValue) return true;
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return false;
  return isUnknownAt((value as Record<PropertyKey, unknown>)[key], rest);
}

/** Turns a handler into what Pulumi's dynamic provider calls. */
export function adapt<Inputs, Outputs extends object>(
  handler: Handler<Inputs, Outputs>,
  context = configured,
): dynamic.ResourceProvider {
  const parse = (inputs: Bag) => handler.inputs(inputs).parse(withoutProvider(inputs));
  return {
    configure: async (request) => configureWith(request.config),
    async check(_olds: Bag, news: Bag) {
      return { inputs: news, failures: faultsOf(handler.inputs(news), withoutProvider(news)) };
    },
    async diff(id: string, olds: Bag, news: Bag) {
      const old = withoutProvider(olds) as Outputs;
      const wanted = withoutProvider(news) as Inputs;
      const { changes, replaces } = await handler.diff(await context(), id, old, wanted);
      return { changes, replaces, deleteBeforeReplace: replaces.length > 0 };
    },
    create: (inputs: Bag) =>
      recordingInitFailure(inputs, async () => {
        const { id, outputs } = await handler.create(await context(), parse(inputs));
        return { id, outs: { ...withoutProvider(inputs), ...outputs } };
      }),
    async read(id: string, props: Bag) {
      const outputs = await handler.read(await context(), id, withoutProvider(props) as Outputs);
      // A blank id means to the engine that the resource no longer exists.
      return outputs === undefined ? { id: "", props: {} } : { id, props: { ...props, ...outputs } };
    },
    update: (id: string, olds: Bag, news: Bag) =>
      recordingInitFailure(news, async () => {
        const old = withoutProvider(olds) as Outputs;
        const outputs = await handler.update(await context(), id, old, parse(news));
        return { outs: { ...withoutProvider(news), ...outputs } };
      }),
    async delete(id: string, props: Bag) {
      await handler.delete(await context(), id, withoutProvider(props) as Outputs);
    },
  };
}
