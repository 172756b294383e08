import { z } from "zod";
import { type Account, describeInstance, onAccount, shared } from "../kit/lambda.ts";
import { page, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { matching, type Offer, offersOf, placeFor } from "./catalogue.ts";
import { launchOnce, lookFor, terminateOne } from "./changes.ts";

export interface Rental {
  account: Account;
  /** Whether `launch_instance` and `terminate_instance` do anything. */
  changesAllowed: boolean;
  /** Ids of the stack's own hosts, which are not terminated here. */
  ownHosts(): string[];
  /** Seconds to look for an instance whose launch was not answered. */
  lookFor?: number;
}

const id = z.string().min(1).max(64).describe("an instance's id, from list_instances");

/** Tools around the account's machines. */
export function rentalTools(rental: Rental): Tool[] {
  const { account } = rental;
  const instances = shared(account, "list the instances", (api) => api.listInstances());
  const catalogue = shared(account, "list the instance types", (api) => api.catalogue());
  const offers = async () => offersOf(await catalogue.get());
  return [
    tool({
      name: "list_instances",
      description: "List rented GPU instances with id, status, type, region, address and hourly price.",
      input: z.object({
        status: z.string().max(30).optional().describe("only this, e.g. active"),
        ...paging,
      }),
      run: async ({ status, ...rest }) => {
        const all = (await instances.get()).map(describeInstance);
        return page(status ? all.filter((instance) => instance.status === status) : all, rest);
      },
    }),
    tool({
      name: "get_instance",
      description: "Show one instance as it is right now, with SSH keys, file systems and tags.",
      input: z.object({ id }),
      run: async ({ id }) => {
        const instance = await onAccount(account, `show ${id}`, (api) => api.getInstance(id));
        if (!instance)
          throw new ToolError(`There is no instance ${id}`, "`list_instances` shows those there are.");
        const { ssh_key_names: sshKeys, file_system_names: fileSystems, tags = [] } = instance;
        return {
          ...describeInstance(instance),
          hostname: instance.hostname ?? null,
          sshKeys,
          fileSystems,
          tags,
        };
      },
    }),
    tool({
      name: "list_instance_types",
      description:
        "List instance types with GPUs, price and the regions where one is free now, cheapest first.",
      input: z.object({
        available: z.boolean().optional().describe("only what is free somewhere now"),
        region: z.string().max(40).optional().describe("only what is free in this region, e.g. us-west-1"),
        minGpus: z.number().int().min(0).optional(),
        maxHourlyUsd: z.number().positive().optional(),
        search: z.string().max(60).optional().describe("part of the type's or the card's name, e.g. a100"),
        ...paging,
      }),
      run: async (input) => page(matching(await offers(), input), input),
    }),
    tool({
      name: "list_ssh_keys",
      description: "List the names of the account's SSH keys; a launch needs one.",
      input: z.object(paging),
      run: async (input) => {
        const keys = await onAccount(account, "list the SSH keys", (api) => api.listSshKeys());
        return page(
          keys.map(({ id, name }) => ({ id, name })),
          input,
        );
      },
    }),
    tool({
      name: "list_file_systems",
      description: "List persistent file systems with region, size and whether they are in use.",
      input: z.object(paging),
      run: async (input) => {
        const all = await onAccount(account, "list the file systems", (api) => api.listFileSystems());
        return page(
          all.map(({ id, name, region, is_in_use: inUse, bytes_used: bytesUsed }) => ({
            id,
            name,
            region: region.name,
            inUse,
            bytesUsed: bytesUsed ?? null,
          })),
          input,
        );
      },
    }),
    launchTool(rental, offers, instances.forget),
    terminateTool(rental, instances.forget),
  ];
}

function permitted({ changesAllowed }: Rental, what: string): void {
  if (changesAllowed) return;
  throw new ToolError(
    `This server may not ${what} instances`,
    "Somebody who pays for them must set SOPHIA_LAMBDA_CHANGES_ALLOWED=1 for lambda_labs_cli.",
  );
}

const launchTool = (rental: Rental, offers: () => Promise<Offer[]>, changed: () => void): Tool =>
  tool({
    name: "launch_instance",
    description:
      "Rent a GPU instance, which costs money until it is terminated; `confirm` must repeat the instance type.",
    input: z.object({
      type: z.string().min(1).max(60).describe("instance type, from list_instance_types"),
      region: z.string().max(40).optional().describe("left out: the first where one is free"),
      name: z.string().min(1).max(64).describe("what the instance is called"),
      sshKey: z.string().min(1).max(64).describe("name of one of the account's SSH keys"),
      fileSystem: z.string().max(60).optional().describe("name of a file system in that region, to mount"),
      imageFamily: z.string().max(60).default("lambda-stack-22-04"),
      confirm: z.string().default("").describe("the instance type again; first tell the user what it costs"),
    }),
    readOnly: false,
    timeout: (rental.lookFor ?? lookFor) + 45,
    unfinished:
      "An instance may have been launched, and cost: look for its name with `list_instances` in a minute before launching again.",
    run: async ({ type, region, confirm, ...launch }, { signal }) => {
      permitted(rental, "launch");
      const [offer, place] = placeFor(await offers(), type, region);
      if (confirm !== type) {
        throw new ToolError(
          `Not launched: a ${type} in ${place} costs $${offer.hourlyUsd.toFixed(2)} an hour ($${offer.monthlyUsd.toFixed(0)} a month) until it is terminated`,
          `To go on, call again with confirm: "${type}".`,
        );
      }
      const id = await onAccount(rental.account, `launch a ${type} in ${place}`, (api) =>
        launchOnce(api, offer, place, launch, signal, rental.lookFor),
      );
      changed();
      return { id, type, region: place, name: launch.name, hourlyUsd: offer.hourlyUsd, status: "booting" };
    },
  });

const terminateTool = (rental: Rental, changed: () => void): Tool =>
  tool({
    name: "terminate_instance",
    description:
      "End an instance of `launch_instance` for ever, with all on its own disk; `confirm` must repeat its id.",
    input: z.object({ id, confirm: z.string().default("").describe("the instance's id again") }),
    readOnly: false,
    destructive: true,
    unfinished: "The instance may be terminated all the same: look at it with `get_instance` in a minute.",
    run: async ({ id, confirm }, { signal }) => {
      permitted(rental, "terminate");
      if (confirm !== id)
        throw new ToolError(
          `Not terminated: ${id} was not confirmed`,
          `To go on, call again with confirm: "${id}".`,
        );
      const ownHosts = rental.ownHosts();
      const instance = await onAccount(rental.account, `terminate ${id}`, (api) =>
        terminateOne(api, id, ownHosts, signal),
      );
      changed();
      return { id, name: instance.name ?? null, status: "terminating" };
    },
  });
