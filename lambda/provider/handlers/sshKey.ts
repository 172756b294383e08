import { z } from "zod";
import {
  createSshKey,
  deleteSshKey,
  readSshKey,
  type SshKeyOutputs,
  type SshKeySpec,
} from "../../reconcile/sshKey.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

export const sshKey: Handler<SshKeySpec, SshKeyOutputs> = {
  inputs: () =>
    z.object({
      name: z.string().min(1).max(64),
      publicKey: z.string().regex(/^\S+ [A-Za-z0-9+/=]+/, "must be an OpenSSH public key"),
    }),
  create: createSshKey,
  read: async (context, id, old) => ((await readSshKey(context, id)) ? old : undefined),
  // The comment at the end of a key does not make it another key.
  diff: async (_context, _id, old, inputs) => {
    const replaces = ["name" as const, "publicKey" as const].filter((property) =>
      property === "name" ? old.name !== inputs.name : bare(old.publicKey) !== bare(inputs.publicKey),
    );
    return { changes: replaces.length > 0, replaces };
  },
  update: async (_context, _id, old) => old,
  delete: deleteSshKey,
};

const bare = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(" ");

export const provider = adapt(sshKey);
