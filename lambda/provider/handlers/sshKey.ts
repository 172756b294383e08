import { z } from "zod";
import {
  createSshKey,
  deleteSshKey,
  isSameKey,
  keyIdOf,
  readSshKey,
  runningWith,
  type SshKeyOutputs,
  type SshKeySpec,
  updateSshKey,
} from "../../reconcile/sshKey.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

const publicKey = z.string().regex(/^\S+ [A-Za-z0-9+/=]+/, "must be an OpenSSH public key");

export const sshKey: Handler<SshKeySpec, SshKeyOutputs> = {
  inputs: () =>
    z.object({ name: z.string().min(1).max(64), publicKey, previousPublicKey: publicKey.optional() }),
  create: createSshKey,
  read: async (context, id, old) => ((await readSshKey(context, keyIdOf(id, old))) ? old : undefined),
  // Another comment is not another key.
  diff: async (context, _id, old, inputs) => {
    const changed = !isSameKey(old.publicKey, inputs.publicKey);
    const announced =
      inputs.previousPublicKey !== undefined && isSameKey(old.publicKey, inputs.previousPublicKey);
    if (changed && !announced) await refuseWhileInUse(context, old);
    return { changes: changed || old.name !== inputs.name, replaces: [] };
  },
  update: updateSshKey,
  delete: deleteSshKey,
};

/** Otherwise every login of this update would fail. */
async function refuseWhileInUse(
  context: Parameters<typeof runningWith>[0],
  old: SshKeyOutputs,
): Promise<void> {
  const hosts = await runningWith(context, old);
  if (hosts.length === 0) return;
  throw new Error(
    `the secret sophia-infra:sshPrivateKey has changed, and ${hosts.join(", ")} do not accept the new key: ` +
      "set sophia-infra:sshPreviousPrivateKey to the previous key, so that the program can authorize the new one. " +
      "If the previous key is lost, destroy these hosts first: docs/runbooks/rotate.md",
  );
}

export const provider = adapt(sshKey);
