import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../components/settings/schema.ts";
import type { HostSettings } from "../components/settings/sections/lambda.ts";
import { checkBudget, estimate, type PricedFileSystem } from "./cost.ts";
import type { Prices } from "./prices.ts";

export interface BudgetArgs {
  /** Section `lambda`. */
  settings: Settings["lambda"];
  /** Section `hosts`. An adopted one counts with the type that it has. */
  hosts: HostSettings[];
  /** US dollars a month. */
  budget: Settings["budget"];
}

/**
 * Checks the budget before anything is created. A preview without prices warns, so that it works offline; an update
 * that may launch hosts is refused without them.
 *
 * @throws when the budget is exceeded, or cannot be checked before a launch
 */
export function approve({ settings, hosts, budget }: BudgetArgs, live: Prices): true {
  const preview = pulumi.runtime.isDryRun();
  if (live.catalogue === undefined) {
    const reason = `prices are unknown: ${live.unavailable}`;
    if (!preview && hosts.some((host) => !host.adopt))
      throw new Error(
        `the budget of $${budget.monthlyUsd} a month cannot be checked, so no host is launched: ${reason}. ` +
          "Run pulumi up again when Lambda answers; lambda.retryDeadline is how long it waits",
      );
    pulumi.log.warn(`the budget of $${budget.monthlyUsd} a month was not checked, ${reason}`);
    return true;
  }
  const priced = hosts.map(({ name, adopt, instanceTypes }) => {
    const running = adopt && live.running?.get(name);
    if (adopt) return { name, ...(running !== undefined && { instanceType: running }) };
    return { name, candidates: instanceTypes ?? settings.instanceTypes };
  });
  const most = estimate({ hosts: priced, fileSystem: pricedFileSystem(settings, live) }, live.catalogue);
  checkBudget(most, budget.monthlyUsd);
  if (preview && most.monthlyUsd !== null) {
    pulumi.log.info(
      `the hosts${settings.fileSystem ? " and the file system" : ""} cost $${most.monthlyUsd} a month at most, of a budget of $${budget.monthlyUsd}`,
    );
  }
  return true;
}

/**
 * What the stack's file system costs by what it holds now.
 * @param recorded Bytes as of its creation or the last refresh, where Lambda does not answer.
 */
export function pricedFileSystem(
  { fileSystem }: Settings["lambda"],
  { bytesUsed }: Prices,
  recorded = 0,
): PricedFileSystem | undefined {
  return fileSystem && { name: fileSystem.name, bytesUsed: bytesUsed ?? recorded };
}
