import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

/** Random characters of an alphabet. */
const pick = (alphabet: string, length: number): string =>
  Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");

const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const digits = "0123456789";
const alnum = lower + upper + digits;
const hex = (length: number) =>
  randomBytes(Math.ceil(length / 2))
    .toString("hex")
    .slice(0, length);
const base64 = (text: string) => Buffer.from(text).toString("base64");
/** A piece that always has both letters and digits, as keys have. */
const random = (length: number) => `k7${pick(alnum, length - 4)}3x`;
const pem = (type: "rsa" | "ed25519") =>
  type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs1", format: "pem" })
    : generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
/** Makes something at the first call: RSA keys take long. */
function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

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
export function plantedKeys(): { format: string; key: string }[] {
  const key = (format: string, ...parts: string[]) => ({ format, key: parts.join("") });
  return [
    key("AWS access key id", "AK", "IA", pick(`${upper}234567`, 16)),
    key("AWS secret access key", "aws_sec", "ret_access_key=", `a1B${pick(`${alnum}/+`, 37)}`),
    key("AWS secret access key", "aws_sec", "ret_access_key=", `/a1B${pick(`${alnum}/+`, 36)}`),
    key("GitHub token", "gh", "p_", pick(alnum, 36)),
    key("GitHub token", "github", "_pat_", pick(alnum, 22), "_", pick(alnum, 59)),
    key("GitHub token", "gh", "s_123456_", jwt()),
    key("GitLab token", "gl", "pat-", pick(alnum, 20)),
    key("Slack token", "xo", "xb-", pick(digits, 12), "-", pick(digits, 12), "-", pick(alnum, 24)),
    key(
      "Slack webhook",
      "https://hooks.",
      "slack.com/services/T",
      pick(upper, 8),
      "/B",
      pick(upper, 8),
      "/",
      pick(alnum, 24),
    ),
    key("HubSpot private app token", "pa", "t-na1-", randomUUID()),
    key("OpenAI API key", "s", "k-proj-", pick(alnum, 40), "T3Blbk", "FJ", pick(alnum, 40)),
    key("Anthropic API key", "s", "k-ant-api03-", pick(`${alnum}_-`, 92), "aAA"),
    key("JSON web token", jwt()),
    key("Pulumi access token", "pu", "l-", hex(40)),
    key("Lambda Cloud API key", "sec", "ret_sophia-dev_", hex(32), ".", pick(alnum, 32)),
    key("Lambda Cloud API key", "sec", "ret_lambda_key_2_", hex(32), ".", pick(alnum, 24)),
    key("Estuary service account key", "flow", "_sa_", pick(alnum, 32)),
    key("Estuary refresh token", base64(JSON.stringify({ id: `${hex(8)}:${hex(8)}`, secret: randomUUID() }))),
    key("private key", String(pem("rsa"))),
    key("private key", String(pem("ed25519"))),
    ...headerless().map((text) => key("DER key without a header", text)),
    key("DER key without a header", "SNOWFLAKE_PRIVATE_KEY=", headerless()[0] ?? ""),
    key("K3s token", "K1", "0", hex(64), "::server:", hex(32)),
    key("kubeconfig client key", "client-key", "-data: ", base64(String(pem("ed25519")))),
    key("URL with a password", "postgres", "ql://sophia:", random(16), "@db.internal:5432/sophia"),
    key(
      "URL with a password",
      "postgres",
      "ql://sophia:%",
      random(6),
      "(",
      random(9),
      "$@db.internal/sophia",
    ),
    key("URL with a password", "redis", "://:", random(20), "@redis.data:6379"),
    key("Snowflake password", "snowflake", ": { password: '", random(14), "' }"),
    key("Snowflake password", "snowflake", ": { password: '", symbolValue(), "' }"),
    key("Grafana token", "gl", "sa_", pick(alnum, 32), "_", hex(8)),
    key("npm token", "np", "m_", pick(alnum, 36)),
    key("Hugging Face token", "h", "f_", pick(lower + upper, 34)),
    key("Google API key", "AI", "za", pick(alnum, 35)),
    key("DigitalOcean token", "dop", "_v1_", hex(64)),
    key("Stripe key", "sk_", "live_", pick(alnum, 24)),
    key("age identity", "AGE-SECRET", "-KEY-1", pick(upper + digits, 58)),
    key("bearer token", "Authorization: Bea", "rer ", random(40)),
    key("basic authentication", "Authorization: Ba", "sic ", base64(`sophia:${random(16)}`)),
  ];
}

/** A password as generators make them of letters and digits: only its name tells what it is. */
export const genericValue = (): string => random(20);

/** Punctuation of generated passwords: all that Pulumi's RandomPassword and common password managers use. */
const symbols = "!@#$%&*()-_=+[]{}<>:?^,.;|~/";

/** A password with punctuation anywhere, at its ends too, and each kind of character at least once. */
export function symbolValue(length = 20): string {
  for (;;) {
    const value = pick(alnum + symbols, length);
    if ([/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].every((kind) => kind.test(value))) return value;
  }
}

/** Passwords that begin, end, or are sprinkled with what a path, a variable, a list or a call has. */
export const awkwardValues = (): string[] => [
  ...[...symbols].flatMap((symbol) => [`${symbol}${random(18)}`, `${random(18)}${symbol}`]),
  ...["()", "[]", "{}", "<>", ", ", "; ", "$(", "::", "=>", "->", "?.", "//", "%s", "...", "***"].map(
    (piece) => random(8) + piece.trim() + random(8),
  ),
  `/${random(12)}/${random(12)}/${random(12)}`,
];

/** The public halves of keys, in each form that DER has for them. */
const publicDer = once((): string[] => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const others = [
    generateKeyPairSync("rsa", { modulusLength: 1024 }),
    generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
    generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
    generateKeyPairSync("ed25519"),
  ].map((pair) => pair.publicKey);
  return [
    ...[publicKey, ...others].map((each) => each.export({ type: "spki", format: "der" })),
    publicKey.export({ type: "pkcs1", format: "der" }),
  ].map((der) => der.toString("base64"));
});

/** The first bytes of a certificate, and noise: a list in a list. */
const certificateDer = (): string =>
  Buffer.concat([Buffer.from("3082020a30820173a003020102", "hex"), randomBytes(400)]).toString("base64");

/** What looks like a key at first sight and is none, by what it is. */
export function lookalikes(): Record<string, string> {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const sshPublic = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${pick(alnum, 43)} sophia@dev`;
  const der = randomBytes(600)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n");
  return {
    digest: `image: ghcr.io/sophia-ai/mcp-servers@sha256:${hex(64)}`,
    checksum: `sha256: ${hex(64)}\n${hex(64)}  k3s-arm64`,
    commit: `uses: actions/checkout@${hex(40)} # v4.2.2`,
    uuid: `instanceId: ${randomUUID()}\nclusterId: ${randomUUID()}`,
    "public key": String(publicKey.export({ type: "spki", format: "pem" })),
    "SSH public key": sshPublic,
    "known hosts": `sophia.lab ${sshPublic}`,
    certificate: `-----BEGIN CERTIFICATE-----\nMIIB${der}\n-----END CERTIFICATE-----`,
    "certificate in a kubeconfig": `certificate-authority-data: ${base64(`-----BEGIN CERTIFICATE-----\nMIIB${der}`)}`,
    "lock file": `"integrity": "sha512-${randomBytes(64).toString("base64")}",`,
    "go.sum": `github.com/pulumi/pulumi v3.0.0 h1:${randomBytes(32).toString("base64")}`,
    "Pulumi ciphertext": `sophia-infra:lambdaApiKey:\n  secure: v1:${pick(alnum, 16)}:${randomBytes(60).toString("base64")}`,
    "encryption salt": `encryptionsalt: v1:${pick(alnum, 11)}=:v1:${pick(alnum, 16)}:${randomBytes(32).toString("base64")}`,
    "names of secrets": "secretName: nginx-tls\npasswordSecret: postgres-login\ntlsSecret: redis-tls2",
    "reference to a secret":
      "- name: DB_PASSWORD\n  valueFrom: { secretKeyRef: { name: redis-auth, key: password } }",
    "file of a secret": "LAMBDA_API_KEY_FILE=/etc/sophia-secrets/LAMBDA_API_KEY",
    "certificate without its header": `TLS_KEY_CERTIFICATE: ${certificateDer()}`,
    "public keys without their header": publicDer()
      .map((text) => `publicKey: ${text}\nSIGNING_KEY=${text}`)
      .join("\n"),
    "calls and elements":
      'password: readSecret("db", 2),\ntoken: headers["x-token2"],\nclient_secret = sha256(config.require(name1));\napiKey: z.string().min(20).regex(/^[a-z]{3}$/),',
    "paths and anchors":
      "PASSWORD: /run/secrets/redis-2/password\nSSH_PRIVATE_KEY=~/.ssh/id_ed25519\ntoken: *token1\nprivate_key: ./keys/server.key,../ca2/ca.key",
    templates: 'password: "{{ .Values.redis.password2 }}"\ntoken: "Bearer $'.concat(
      '{steps.login2.outputs.token}"\nPASSWORD=<your 12 characters>\nSECRET=$(',
      "DB_PASSWORD2)\ntoken: %(token1)s",
    ),
    "types and names of resources":
      'sshPrivateKey: "pulumi-nodejs:dynamic/k3s:Drain cluster-drain"\ntoken: pulumi-nodejs:dynamic/k3s:Identity',
    "lists of names": "token: read:org,write:packages,repo2\nsecret: one-secret,other-secret2",
    "shell expression": `password="$(cat /run/secrets/redis/password)"\nexport TOKEN=\${GITHUB_TOKEN2}`,
    "code that reads one":
      "const password = await readFile(secretPath, 'utf8'); token = request.headers2.authToken1;",
    "GitHub expression": "GITHUB_TOKEN: $".concat("{{ secrets.GITHUB_TOKEN }}"),
    placeholder: "API_KEY=your-api-key-1234567\nPASSWORD=<password-12>\ntoken: xxxxxxxx1111",
    "annotation with a digest": `checksum/password: "a1${hex(14)}"`,
    "digest of a password": `passwordHash: ${hex(16)}\ntokenChecksum: ${hex(64)}`,
    "URL without a password": "https://github.com/k3s-io/k3s/releases/download/v1.36.3%2Bk3s1/k3s",
    "URL with a variable": "postgresql://sophia:$PASSWORD@db:5432 redis://:$".concat(
      "{REDIS_PASSWORD}@redis:6379",
    ),
    "header of a key": "expect(text).toMatch(/-----BEGIN RSA PRIVATE KEY-----/)",
    "secret_ in a name": "secret_name secret_files_mounted secret_key_ref.name",
    version: "tokenVersion: v1.36.3+k3s1\nkey: gpu_1x_a100_sxm4",
    "base64 of text": base64("worker_processes 2; events { worker_connections 1024; }"),
    "base64 of noise": randomBytes(300).toString("base64"),
  };
}
