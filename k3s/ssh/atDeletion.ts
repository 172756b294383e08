import { randomUUID } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

/** What differs between the resources that run a script when they are deleted. */
export interface AtDeletion<Props> {
  /** Inputs that are kept, without what Pulumi or a caller adds. */
  pick(props: Props): Props;
  /** What the resource is of: another one replaces it. */
  idOf(props: Props): string;
  /** @returns What was done, for the update's output. */
  act(props: Props): Promise<string>;
}

/**
 * Provider of a resource that exists for its place in the order of deletion only: `act` runs when it is deleted. Its id is
 * another one each time that it is created.
 */
export const atDeletion = <Props extends object>({
  pick,
  idOf,
  act,
}: AtDeletion<Props>): pulumi.dynamic.ResourceProvider<Props, Props> => ({
  async diff(_id, olds, news) {
    const replaced = idOf(olds) !== idOf(news);
    return {
      changes: replaced || JSON.stringify(pick(olds)) !== JSON.stringify(pick(news)),
      replaces: replaced ? ["machineId"] : [],
      deleteBeforeReplace: true,
    };
  },
  async create(props) {
    return { id: `${idOf(props)}/${randomUUID()}`, outs: pick(props) };
  },
  async update(_id, _olds, news) {
    return { outs: pick(news) };
  },
  async delete(_id, props) {
    console.log(await act(props));
  },
});
