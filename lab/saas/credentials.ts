import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../tools/replaceFile.ts";
import { files, type Lab } from "../lab.ts";
import { keep, newSshKey } from "../state/keys.ts";

const text = z.string().min(1);

/** What the emulated vendors let in. */
export const saasCredentials = z.strictObject({
  estuaryApiKey: text,
  estuaryTunnelKey: text,
  gongAccessKey: text,
  gongAccessKeySecret: text,
  hubspotClientId: text,
  hubspotClientSecret: text,
  hubspotRefreshToken: text,
  lambdaInferenceApiKey: text,
  slackCaptureToken: text,
  snowflakePrivateKey: text,
  snowflakeLoaderPrivateKey: text,
  snowflakeReaderPrivateKey: text,
});
export type SaasCredentials = z.infer<typeof saasCredentials>;

const random = () => `lab-${randomBytes(20).toString("hex")}`;
const rsa = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
/** The vendors' own forms, so that what looks for such keys finds these, too. */
const forms: Partial<Record<keyof SaasCredentials, () => string>> = {
  estuaryApiKey: () => `flow_sa_${randomBytes(24).toString("base64url")}`,
  snowflakePrivateKey: rsa,
  snowflakeLoaderPrivateKey: rsa,
  snowflakeReaderPrivateKey: rsa,
};

/** Made up at the first call: good for the lab's emulators, and for nothing at any vendor's. */
export async function makeSaasCredentials(lab: Lab): Promise<SaasCredentials> {
  const folder = join(lab.folder, "keys", "vendors");
  const names = Object.keys(saasCredentials.shape) as (keyof SaasCredentials)[];
  const made: [string, string][] = [];
  for (const name of names) {
    const file = join(folder, name);
    const sshKey = () => newSshKey(folder, "estuary");
    const value = await keep(file, name === "estuaryTunnelKey" ? sshKey : (forms[name] ?? random));
    made.push([name, value]);
  }
  return saasCredentials.parse(Object.fromEntries(made));
}

/** The same for a process of the lab: a file that only its owner can read. */
export async function saasCredentialsFile(lab: Lab): Promise<string> {
  const file = files(lab).saasCredentials;
  replaceFile(file, JSON.stringify(await makeSaasCredentials(lab)));
  return file;
}
