import type { Context } from "../context.ts";
import type { InstanceOutputs } from "./outputs.ts";

/**
 * With an API key of another account or workspace, everything of the stack looks gone while its hosts are billed. So a
 * launched instance that ran counts as gone only where the account has something that it was launched with.
 *
 * @throws where the account has neither its SSH key nor its firewall ruleset
 */
export async function expectSameAccount({ api }: Context, id: string, old: InstanceOutputs): Promise<void> {
  const { name, ready, adopted, region, sshKeyName, rulesetId } = old;
  if (!ready || adopted) return;
  if ((await api.listSshKeys()).some((key) => key.name === sshKeyName)) return;
  if (rulesetId !== "" && (await api.getRuleset(rulesetId)) !== undefined) return;
  const parts = [`SSH key ${sshKeyName}`, ...(rulesetId === "" ? [] : [`firewall ruleset ${rulesetId}`])];
  throw new Error(
    `Lambda does not know instance ${id} (${name}, ${region}), and the account does not have its ${parts.join(" or ")}: ` +
      "the secret sophia-infra:lambdaApiKey may be of another account or workspace, where the host runs and is billed. " +
      "Set it to a key of that one. If the host and these parts were deleted by hand, remove it by pulumi state delete",
  );
}
