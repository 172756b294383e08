import type { dynamic } from "@pulumi/pulumi";
import { z } from "zod";
import { recordingInitFailure } from "../../../components/core/provider/initFailed.ts";
import { unknownValue } from "../../../components/core/provider/unknown.ts";
import type { Context } from "../reconcile/context.ts";
import {
  bringLive,
  type PublicationOutputs,
  readPublication,
  removeSpecs,
} from "../reconcile/publication.ts";
import { catalogName, specs } from "../spec/catalog.ts";
import { canonical, digestsOf } from "../spec/digest.ts";
import { configured, configureWith } from "./context.ts";

export const inputSchema = z.object({ owner: catalogName, specs });
type Bag = Record<string, unknown>;

function holdsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** What Pulumi's dynamic provider calls. Specs are never among the outputs: the state has them as encrypted inputs. */
export function publicationProvider(context: () => Context = configured): dynamic.ResourceProvider {
  const recorded = async (inputs: Bag, work: () => Promise<PublicationOutputs>) => {
    const kept = plain(inputs);
    return { ...kept, ...(await recordingInitFailure(kept, work)) };
  };
  return {
    configure: async (request) => configureWith(request.config),
    async check(_olds: Bag, news: Bag) {
      const result = inputSchema.safeParse(news);
      const issues = result.success || holdsUnknown(news) ? [] : result.error.issues;
      const failures = issues.map(({ path, message }) => ({
        property: path.map(String).join("."),
        reason: message,
      }));
      return { inputs: news, failures };
    },
    async diff(_id: string, olds: Bag, news: Bag) {
      const moved = olds.owner !== news.owner;
      const changes = moved || holdsUnknown(news.specs) || differs(olds, news);
      return { changes, replaces: moved ? ["owner"] : [], deleteBeforeReplace: true };
    },
    async create(inputs: Bag) {
      const outs = await recorded(inputs, () => bringLive(context(), inputSchema.parse(inputs)));
      return { id: String(outs.owner), outs };
    },
    async read(id: string, props: Bag) {
      const found = await readPublication(context(), outputsIn(props));
      // A blank id tells the engine that the resource is gone.
      return found === undefined ? { id: "", props: {} } : { id, props: { ...props, ...found } };
    },
    async update(_id: string, olds: Bag, news: Bag) {
      const old = outputsIn(olds);
      return { outs: await recorded(news, () => bringLive(context(), inputSchema.parse(news), old)) };
    },
    async delete(_id: string, props: Bag) {
      await removeSpecs(context(), outputsIn(props));
    },
  };
}

const plain = ({ specs: _, ...rest }: Bag): Bag => rest;

const outputs = z.object({
  owner: z.string(),
  types: z.record(z.string(), z.enum(["capture", "collection", "materialization"])),
  digests: z.record(z.string(), z.string()),
  revision: z.string(),
});
const outputsIn = (props: Bag): PublicationOutputs => outputs.parse(props);

const differs = (olds: Bag, news: Bag): boolean =>
  canonical(olds.digests) !== canonical(digestsOf(inputSchema.parse(news).specs)) ||
  canonical(olds.names) !== canonical(news.names);

export const provider = publicationProvider();
