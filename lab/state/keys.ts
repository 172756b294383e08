import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { publicKeyOf } from "../../components/core/publicKey.ts";
import type { Secrets } from "../../components/settings/schema.ts";
import { run } from "../../tools/exec.ts";
import { textOf } from "../../tools/textOf.ts";
import { files, type Lab } from "../lab.ts";

/** Secrets that the lab generates. */
export interface Keys {
  sshPrivateKey: string;
  sshPublicKey: string;
  lambdaApiKey: string;
  tlsCertificate: string;
  tlsKey: string;
}

/** Reads a file, or creates it at the first call. */
export async function keep(file: string, make: () => string | Promise<string>): Promise<string> {
  const known = await textOf(file);
  if (known !== undefined) return known;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const text = await make();
  // Atomically: an incomplete key would never be replaced.
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
  return text;
}

/**
 * A new private key in OpenSSH's format. It is created in a separate folder: `ssh-keygen` writes two files, and an
 * interrupt between them must not leave one of them behind.
 */
export async function newSshKey(folder: string, comment: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const aside = await mkdtemp(join(folder, ".making-"));
  try {
    const file = join(aside, "key");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
    return await readFile(file, "utf8");
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Generates the lab's keys at the first call and reads them afterwards. `hostnames` go into the certificate. */
export async function labKeys(lab: Lab, hostnames: string[], addresses: string[]): Promise<Keys> {
  const path = files(lab);
  await keep(path.passphrase, () => randomBytes(24).toString("base64url"));
  const comment = `sophia-${lab.name}`;
  const sshPrivateKey = await keep(path.sshKey, () => newSshKey(dirname(path.sshKey), comment));
  const lambdaApiKey = await keep(path.apiKey, () => {
    // In the vendor's format, so that secret scanners recognize it.
    return [
      "secret",
      `lab-${lab.name}`,
      `${randomBytes(16).toString("hex")}.${randomBytes(16).toString("hex")}`,
    ].join("_");
  });
  await authority(path.ca, path.caKey);
  const tlsCertificate = await leaf(lab, hostnames, addresses);
  return {
    sshPrivateKey,
    sshPublicKey: `${publicKeyOf(sshPrivateKey, "sshPrivateKey")} ${comment}`,
    lambdaApiKey,
    tlsCertificate,
    tlsKey: await readFile(path.tlsKey, "utf8"),
  };
}

/** Well-formed placeholder secrets for offline previews, with a certificate for `hostnames`. */
export async function placeholderSecrets(lab: Lab, hostnames: string[]): Promise<Secrets> {
  const keys = await labKeys(lab, hostnames, []);
  const { sshPrivateKey, tlsCertificate, tlsKey } = keys;
  const placeholder = `placeholder-${lab.name}`;
  return {
    lambdaApiKey: placeholder,
    registryPassword: placeholder,
    backupPassword: placeholder,
    backupAccessKeyId: placeholder,
    backupSecretAccessKey: placeholder,
    sshPrivateKey,
    tlsCertificate,
    tlsKey,
  };
}

function newKey(): string {
  return generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
}

async function authority(certificate: string, key: string): Promise<void> {
  await keep(key, newKey);
  await keep(certificate, async () => {
    const args = ["req", "-x509", "-new", "-key", key, "-days", "3650", "-subj", "/CN=Sophia lab CA"];
    return (await run("openssl", [...args, "-addext", "keyUsage=critical,keyCertSign,cRLSign"])).stdout;
  });
}

/** The server certificate; a changed list of names creates a new one. */
async function leaf(lab: Lab, hostnames: string[], addresses: string[]): Promise<string> {
  const path = files(lab);
  const names = [
    ...hostnames.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`),
    ...addresses.map((address) => `IP:${address}`),
  ].join(",");
  const wanted = `${path.tlsCertificate}.names`;
  if ((await textOf(wanted)) !== names) {
    for (const file of [path.tlsCertificate, path.tlsKey]) await rm(file, { force: true });
  }
  await keep(path.tlsKey, newKey);
  const certificate = await keep(path.tlsCertificate, async () => {
    const request = await run("openssl", [
      "req",
      "-new",
      "-key",
      path.tlsKey,
      "-subj",
      `/CN=${hostnames[0]}`,
    ]);
    const extensions = `subjectAltName=${names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`;
    const extensionFile = `${path.tlsCertificate}.ext`;
    await writeFile(extensionFile, extensions);
    const args = ["x509", "-req", "-CA", path.ca, "-CAkey", path.caKey, "-CAcreateserial", "-days", "825"];
    return (await run("openssl", [...args, "-extfile", extensionFile], { stdin: request.stdout })).stdout;
  });
  await writeFile(wanted, names);
  return certificate;
}
