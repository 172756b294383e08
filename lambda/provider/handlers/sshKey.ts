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
  // The comment at the end of a key does not make it another key.
  diff: async (context, _id, old, inputs) => {
    const another = !isSameKey(old.publicKey, inputs.publicKey);
    const announced =
      inputs.previousPublicKey !== undefined && isSameKey(old.publicKey, inputs.previousPublicKey);
    if (another && !announced) await refuseWhileInUse(context, old);
    return { changes: another || old.name !== inputs.name, replaces: [] };
  },
  update: updateSshKey,
  delete: deleteSshKey,
};

/** Else every login of this update would fail, one after the other. */
async function refuseWhileInUse(
  context: Parameters<typeof runningWith>[0],
  old: SshKeyOutputs,
): Promise<void> {
  const hosts = await runningWith(context, old);
  if (hosts.length === 0) return;
  throw new Error(
    `the secret sophia-infra:sshPrivateKey is another key, and ${hosts.join(", ")} cannot know it: ` +
      "put the key before it into sophia-infra:sshPreviousPrivateKey, so that the program can let the new one in. " +
      "Where that is lost, destroy these hosts first: docs/runbooks/rotate.md",
  );
}

export const provider = adapt(sshKey);
