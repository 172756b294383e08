import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Encrypted fields end so, and are known by it. */
const suffix = "_sops";
const resource = "projects/lab/locations/global/keyRings/flow-configs/cryptoKeys/lab";

const seal = (key: Buffer, plain: string, at: string): string => {
  const iv = randomBytes(32);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(at));
  const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  const [coded, vector, tag] = [data, iv, cipher.getAuthTag()].map((part) => part.toString("base64"));
  return `ENC[AES256_GCM,data:${coded},iv:${vector},tag:${tag},type:str]`;
};

function open(key: Buffer, text: string, at: string): string {
  const parts = /^ENC\[AES256_GCM,data:(.*),iv:(.*),tag:(.*),type:str\]$/.exec(text);
  if (!parts) throw new Error(`${at} is not an encrypted value`);
  const [data, iv, tag] = parts.slice(1).map((part) => Buffer.from(part, "base64"));
  if (!data || !iv || !tag) throw new Error(`${at} is not an encrypted value`);
  const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(at)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]).toString("utf8");
  } catch {
    throw new Error(`${at} cannot be decrypted: it was changed, moved, or encrypted elsewhere`);
  }
}

/** SHA-512 over all plain values in the order of the document: another order is another checksum, as in sops. */
function checksum(plain: unknown): string {
  const hash = createHash("sha512");
  const visit = (value: unknown): void => {
    if (typeof value === "object" && value !== null) for (const item of Object.values(value)) visit(item);
    else hash.update(String(value));
  };
  visit(plain);
  return hash.digest("hex").toUpperCase();
}

/** Whether a field is marked `secret` in any alternative of the schema. */
function secretAt(schema: unknown, key: string): { secret: boolean; schemas: unknown[] } {
  const all = alternatives(schema).flatMap((one) =>
    isObject(one.properties) && key in one.properties ? [one.properties[key]] : [],
  );
  return { secret: all.some((one) => isObject(one) && one.secret === true), schemas: all };
}
function alternatives(schema: unknown): Json[] {
  if (!isObject(schema)) return [];
  const inner = ["oneOf", "anyOf", "allOf"].flatMap((keyword) => {
    const branches = schema[keyword];
    return Array.isArray(branches) ? branches.flatMap(alternatives) : [];
  });
  return [schema, ...inner];
}

/** A configuration as Estuary's encryption service returns it: a sops document, with a new data key each time. */
export function encryptConfig(masterKey: Buffer, config: Json, schema: unknown, now: Date): Json {
  if (isEncrypted(config)) return config;
  const key = randomBytes(32);
  const visit = (value: Json, schemas: unknown[], at: string): Json =>
    Object.fromEntries(
      Object.entries(value).map(([name, item]): [string, unknown] => {
        const { secret, schemas: below } = secretAt({ anyOf: schemas }, name);
        if (typeof item === "string" && (secret || name.endsWith(suffix))) {
          const stored = name.endsWith(suffix) ? name : `${name}${suffix}`;
          return [stored, seal(key, item, `${at}${stored}:`)];
        }
        return [name, isObject(item) ? visit(item, below, `${at}${name}:`) : item];
      }),
    );
  const lastmodified = now.toISOString().replace(/\.[0-9]+Z$/, "Z");
  return {
    ...visit(config, [schema], ""),
    sops: {
      kms: null,
      gcp_kms: [
        {
          resource_id: resource,
          created_at: lastmodified,
          enc: seal(masterKey, key.toString("hex"), resource),
        },
      ],
      azure_kv: null,
      hc_vault: null,
      age: null,
      lastmodified,
      mac: seal(key, checksum(config), lastmodified),
      pgp: null,
      encrypted_suffix: suffix,
      version: "3.7.3",
    },
  };
}

/** Whether a configuration is as the encryption service returns it. */
export const isEncrypted = (config: unknown): boolean => isObject(config) && isObject(config.sops);

/** The plain configuration. Throws where a value or the order of fields was changed. */
export function decryptConfig(masterKey: Buffer, config: Json): Json {
  const { sops, ...rest } = config;
  if (!isObject(sops)) return rest;
  const wrapped = Array.isArray(sops.gcp_kms) ? sops.gcp_kms[0] : undefined;
  const { mac, lastmodified } = sops;
  if (!isObject(wrapped) || typeof wrapped.enc !== "string" || typeof mac !== "string")
    throw new Error("the sops block has no wrapped key or no mac");
  const key = Buffer.from(open(masterKey, wrapped.enc, resource), "hex");
  const visit = (value: Json, at: string): Json =>
    Object.fromEntries(
      Object.entries(value).map(([name, item]): [string, unknown] => {
        if (typeof item === "string" && name.endsWith(suffix))
          return [name.slice(0, -suffix.length), open(key, item, `${at}${name}:`)];
        return [name, isObject(item) ? visit(item, `${at}${name}:`) : item];
      }),
    );
  const plain = visit(rest, "");
  if (open(key, mac, String(lastmodified)) !== checksum(plain))
    throw new Error("MAC mismatch: the order of fields, or a value, was changed after encryption");
  return plain;
}
