import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { backupSecretNames } from "../../components/settings/environment/backup.ts";
import type { OptionalSecretName } from "../../components/settings/environment/secrets.ts";
import type { Secrets } from "../../components/settings/schema.ts";
import { secretsOf } from "../../mcp/catalog/choose.ts";
import type { Lab } from "../lab.ts";
import { keep } from "./keys.ts";

const ours = ["lambdaApiKey", "sshPrivateKey", "tlsCertificate", "tlsKey"];

/** The password of backups' repository, and the keys for which the lab's S3 server must be set up. Generated at the first call. */
export async function backupKeys(lab: Lab): Promise<Partial<Secrets>> {
  const made = backupSecretNames.map(async (name) => {
    const file = join(lab.folder, "keys", name);
    return [name, await keep(file, () => `lab-${randomBytes(20).toString("hex")}`)] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

/**
 * Credentials of vendors for the servers that the stack file enables by name. They are generated at the first call, and
 * suffice to start a server and list its tools; no vendor accepts them.
 */
export async function vendorCredentials(lab: Lab, enabled: readonly string[]): Promise<Partial<Secrets>> {
  const wanted = [...new Set(enabled.flatMap(secretsOf))].filter((name) => !ours.includes(name));
  const made = wanted.map(async (name) => {
    const file = join(lab.folder, "keys", "vendors", name);
    return [name, await keep(file, () => `lab-${randomBytes(20).toString("hex")}`)] as const;
  });
  return Object.fromEntries(await Promise.all(made)) as Partial<Record<OptionalSecretName, string>>;
}
