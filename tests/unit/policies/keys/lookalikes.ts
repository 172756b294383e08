import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { alnum, base64, hex, once, pick } from "./draw.ts";

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
      "const password = await readFile(secretPath, 'utf8'); token = request.headers2.authToken1;\ntoken: oauth2Client.session3Data.accessKey1,",
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
    "commands that name a file or a user":
      "curl -u $USER:$PASSWORD https://a.test; redis-cli -a some-long-name ping\nmysql -uroot -p$PASSWORD; docker login -u sophia --password-stdin",
    "what a shell prints into a file of Redis":
      'printf \'requirepass %s\\nmasterauth %s\\n\' "$password" "$password"',
    "file whose name begins with secret_": ["json", "txt", "mp4", "tar.gz"]
      .map((end) => `secret_cache_${hex(32)}.${end}`)
      .join("\n"),
    version: "tokenVersion: v1.36.3+k3s1\nkey: gpu_1x_a100_sxm4",
    translations: JSON.stringify({
      password: "パスワードを忘れた場合はこちら",
      newPassword: "Придумайте-новый-пароль!2",
      token: "رمز-الدخول-المؤقت12",
    }),
    "a regular expression": 'run("sed -n s/^token: \\"K10.*::node:\\\\(.*\\\\)\\"/1/p")',
    "base64 of text": base64("worker_processes 2; events { worker_connections 1024; }"),
    "base64 of noise": randomBytes(300).toString("base64"),
  };
}
