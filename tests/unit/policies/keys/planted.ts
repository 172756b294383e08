import { generateKeyPairSync, randomUUID } from "node:crypto";
import { alnum, base64, digits, hex, once, pick, random, upper } from "./draw.ts";
import { type PlantedKey, plant, plantedCommands, plantedTokens } from "./tokens.ts";
import { symbolValue } from "./values.ts";

const pem = (type: "rsa" | "ed25519") =>
  type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs1", format: "pem" })
    : generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });

/** Private keys as vendors' consoles and drivers take them: DER in base64, on one line, without header and footer. */
const headerless = once((): string[] => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ec = ["prime256v1", "secp384r1", "secp521r1"].map(
    (namedCurve) => generateKeyPairSync("ec", { namedCurve }).privateKey,
  );
  const ed25519 = generateKeyPairSync("ed25519").privateKey;
  const sec1 = ec.map((each) => each.export({ type: "sec1", format: "der" }));
  const pkcs8 = [rsa, ed25519, ...ec].map((each) => each.export({ type: "pkcs8", format: "der" }));
  return [...pkcs8, rsa.export({ type: "pkcs1", format: "der" }), ...sec1].map((der) =>
    der.toString("base64"),
  );
});
const jwt = () =>
  [
    { alg: "HS256", typ: "JWT" },
    { sub: "sophia", iat: 1 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .concat(pick(`${alnum}_`, 43))
    .join(".");

/**
 * Keys of every known format, made up at run time: no file of the repository holds one. The format is the name under
 * which the detector must report it.
 */
export function plantedKeys(): PlantedKey[] {
  return [
    plant("AWS access key id", "AK", "IA", pick(`${upper}234567`, 16)),
    plant("AWS secret access key", "aws_sec", "ret_access_key=", `a1B${pick(`${alnum}/+`, 37)}`),
    plant("AWS secret access key", "aws_sec", "ret_access_key=", `/a1B${pick(`${alnum}/+`, 36)}`),
    plant("GitHub token", "gh", "p_", pick(alnum, 36)),
    plant("GitHub token", "github", "_pat_", pick(alnum, 22), "_", pick(alnum, 59)),
    plant("GitHub token", "gh", "s_123456_", jwt()),
    plant("GitLab token", "gl", "pat-", pick(alnum, 20)),
    plant("GitLab token", "gl", "rt-", pick(alnum, 20)),
    plant("Slack token", "xo", "xb-", pick(digits, 12), "-", pick(digits, 12), "-", pick(alnum, 24)),
    plant(
      "Slack webhook",
      "https://hooks.",
      "slack.com/services/T",
      pick(upper, 8),
      "/B",
      pick(upper, 8),
      "/",
      pick(alnum, 24),
    ),
    plant("OpenAI API key", "s", "k-proj-", pick(alnum, 40), "T3Blbk", "FJ", pick(alnum, 40)),
    plant("Anthropic API key", "s", "k-ant-api03-", pick(`${alnum}_-`, 92), "aAA"),
    plant("JSON web token", jwt()),
    plant("Pulumi access token", "pu", "l-", hex(40)),
    plant("Estuary service account key", "flow", "_sa_", pick(alnum, 32)),
    plant(
      "Estuary refresh token",
      base64(JSON.stringify({ id: `${hex(8)}:${hex(8)}`, secret: randomUUID() })),
    ),
    plant("private key", String(pem("rsa"))),
    plant("private key", String(pem("ed25519"))),
    plant("private key", "Private-", "Lines: 1\n", pick(alnum, 48), "\n"), // of PuTTY
    plant(
      "private key",
      ["---- BE", "GIN SSH2 ENCRYPTED PRIVATE KEY ----"].join(""),
      `\n${pick(alnum, 64)}\n`,
    ),
    plant("OpenSSH key without a header", base64("openssh-key-v1\0\0\0\0\x04none\0"), pick(alnum, 64)),
    ...headerless().map((text) => plant("DER key without a header", text)),
    plant("DER key without a header", "SNOWFLAKE_PRIVATE_KEY=", headerless()[0] ?? ""),
    ...plantedTokens(),
    ...plantedCommands(),
    plant("K3s token", "K1", "0", hex(64), "::server:", hex(32)),
    plant("kubeconfig client key", "client-key", "-data: ", base64(String(pem("ed25519")))),
    plant("URL with a password", "postgres", "ql://sophia:", random(16), "@db.internal:5432/sophia"),
    plant(
      "URL with a password",
      "postgres",
      "ql://sophia:%",
      random(6),
      "(",
      random(9),
      "$@db.internal/sophia",
    ),
    plant("URL with a password", "postgres", "ql://sophia:k@", random(12), "@db.internal/sophia"),
    plant("URL with a password", "postgres", "ql://sophia:k7/", random(12), "@db.internal/sophia"),
    plant("URL with a password", "redis", "://:", random(20), "@redis.data:6379"),
    plant("Snowflake password", "snowflake", ": { password: '", random(14), "' }"),
    plant("Snowflake password", "snowflake", ": { password: '", symbolValue(), "' }"),
  ];
}
